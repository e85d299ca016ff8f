"""One file for a fit: netCDF with draws, model as text and survey. Reading it runs no code from the file."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pandas as pd
import xarray as xr

from latentclass.errors import FileError, LatentClassError
from latentclass.model import FrozenMapping
from latentclass.model.serial import model_from_data, model_to_data
from latentclass.survey import Survey, SurveyNotes, read_survey

__all__ = ["read_file", "write_file"]

_FORMAT = "latentclass_format"
_VERSION = 1
_SURVEY = "latentclass_survey"
_FACTORS = "values"


def write_file(path: str | Path, tree: xr.DataTree, survey: Survey, extra: Mapping[str, Any]) -> Path:
    """Write draws, model and survey to one netCDF file, complete or not at all.

    Parameters
    ----------
    path : str or Path
        Where to; an existing file is replaced.
    tree : DataTree
        The groups of draws.
    survey : Survey
        Model and data.
    extra : mapping
        Further plain data, kept as JSON.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    FileError
        When the folder does not exist or cannot be written.
    """
    path = Path(path)
    if not path.parent.is_dir():
        message = f"Cannot save to {str(path)!r}: there is no folder {str(path.parent)!r}."
        raise FileError(message)
    columns, description = _pack_frame(survey.frame)
    description["counts"] = survey.counted_by
    groups = {name: _plain(node.to_dataset()) for name, node in tree.children.items()}
    whole = xr.DataTree.from_dict({**groups, _SURVEY: columns})
    whole.attrs = {
        _FORMAT: _VERSION,
        "model": _dumps(model_to_data(survey.model)),
        "frame": _dumps(description),
        "notes": _dumps({**asdict(replace(survey.notes, **_plain_notes(survey.notes)))}),
        "extra": _dumps(extra),
    }
    unfinished = path.with_name(f".{path.name}.{uuid4().hex[:8]}")
    try:
        whole.to_netcdf(unfinished, engine="netcdf4")
        unfinished.replace(path)
    except OSError as error:
        message = f"Cannot save to {str(path)!r}: {error}."
        raise FileError(message) from error
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def read_file(path: str | Path) -> tuple[xr.DataTree, Survey, dict[str, Any]]:
    """Read what `write_file` wrote.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    tuple of DataTree, Survey and dict
        Groups of draws, model and data, further plain data.

    Raises
    ------
    FileError
        When there is no such file, or it is not a saved fit, is damaged or from a newer version.
    """
    path = Path(path)
    if not path.is_file():
        message = f"There is no file {str(path)!r}."
        raise FileError(message)
    try:
        with xr.open_datatree(path, engine="netcdf4") as opened:
            whole = opened.load()
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        message = f"{str(path)!r} is no netCDF file, or is damaged: {error}"
        raise FileError(message) from error
    version = whole.attrs.get(_FORMAT)
    if version is None:
        message = f"{str(path)!r} is a netCDF file but not a fit saved by latentclass."
        raise FileError(message)
    if int(version) > _VERSION:
        message = (
            f"{str(path)!r} was saved by a newer version of latentclass (format {version}, this one reads {_VERSION})."
        )
        raise FileError(message)
    try:
        survey = _survey(whole)
        extra = json.loads(whole.attrs["extra"])
    except (LatentClassError, KeyError, ValueError, TypeError, IndexError, AttributeError) as error:
        message = f"{str(path)!r} is damaged: {error}"
        raise FileError(message) from error
    tree = xr.DataTree.from_dict({n: node.to_dataset() for n, node in whole.children.items() if n != _SURVEY})
    return tree, survey, extra


def _survey(whole: xr.DataTree) -> Survey:
    model = model_from_data(json.loads(whole.attrs["model"]))
    description = json.loads(whole.attrs["frame"])
    frame = _unpack_frame(whole[_SURVEY].to_dataset(), description)
    survey = read_survey(model, frame, counts=description.get("counts"))
    stored = whole["observed_data"]["responses"].to_numpy() if "observed_data" in whole.children else survey.codes
    if not np.array_equal(stored, survey.codes):
        message = "the stored answers do not agree with the stored survey"
        raise FileError(message)
    return replace(survey, notes=_notes(json.loads(whole.attrs["notes"])))


def _notes(data: dict[str, Any]) -> SurveyNotes:
    labels = FrozenMapping({name: tuple(v) for name, v in data.pop("without_indicators").items()})
    made: dict[str, Any] = {
        k: FrozenMapping(v) if isinstance(v, dict) else tuple(v) if isinstance(v, list) else v for k, v in data.items()
    }
    return SurveyNotes(**made, without_indicators=labels)


def _plain_notes(notes: SurveyNotes) -> dict[str, Any]:
    names = ("missing_by_covariate", "missing_by_item", "missing_by_indicator", "without_indicators")
    return {name: dict(getattr(notes, name)) for name in names}


def _dumps(data: object) -> str:
    return json.dumps(_jsonable(data), allow_nan=True)


def _jsonable(data: Any) -> Any:
    if isinstance(data, Mapping):
        return {str(key): _jsonable(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_jsonable(value) for value in data]
    return data.item() if hasattr(data, "item") else data


def _plain(dataset: xr.Dataset) -> xr.Dataset:
    # netCDF knows no bool and no object: bools become bytes by xarray itself, labels of any kind become text where
    # they are mixed.
    dataset = dataset.copy()
    for name, coord in dataset.coords.items():
        if coord.dtype == object:
            dataset = dataset.assign_coords({name: [str(v) for v in coord.values]})
    dataset.attrs = {k: v for k, v in dataset.attrs.items() if isinstance(v, str | int | float)}
    return dataset


def _pack_frame(frame: pd.DataFrame) -> tuple[xr.Dataset, dict[str, Any]]:
    data, columns = {}, []
    for number, name in enumerate(frame.columns):
        series, key = frame[name], f"column_{number}"
        about: dict[str, Any] = {"name": name, "kind": str(series.dtype)}
        if isinstance(series.dtype, pd.CategoricalDtype):
            about |= {"kind": "category", "ordered": bool(series.cat.ordered), _FACTORS: list(series.cat.categories)}
            values = series.cat.codes.to_numpy().astype(np.int64)
        elif series.dtype.kind in "ifb":
            values = series.to_numpy()
        else:
            codes, found = pd.factorize(series)
            about |= {"kind": "text", _FACTORS: list(found)}
            values = codes.astype(np.int64)
        data[key] = ("row", values)
        columns.append(about)
    labels = list(frame.index)
    numbered = all(isinstance(v, int | np.integer) for v in labels)
    data["labels"] = (
        "row",
        np.array(labels, dtype=np.int64) if numbered else np.array([_dumps(v) for v in labels], dtype=str),
    )
    return xr.Dataset(data), {"columns": columns, "numbered": numbered, "index": frame.index.name}


def _unpack_frame(columns: xr.Dataset, description: dict[str, Any]) -> pd.DataFrame:
    labels = columns["labels"].to_numpy()
    index = pd.Index(labels if description["numbered"] else [json.loads(v) for v in labels], name=description["index"])
    data = {}
    for number, about in enumerate(description["columns"]):
        values = columns[f"column_{number}"].to_numpy()
        if about["kind"] == "category":
            found = pd.Categorical.from_codes(values, categories=about[_FACTORS], ordered=about["ordered"])
            data[about["name"]] = pd.Series(found, index=index)
        elif about["kind"] == "text":
            known = [*about[_FACTORS], math.nan]
            data[about["name"]] = pd.Series([known[code] for code in values], index=index, dtype="str")
        else:
            data[about["name"]] = pd.Series(values.astype(about["kind"]), index=index)
    return pd.DataFrame(data, index=index)
