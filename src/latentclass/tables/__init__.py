"""Tables for papers: what a fit returns, as text such as "0.42 [0.38, 0.47]", in Markdown or LaTeX.

Examples
--------
>>> import pandas as pd
>>> table = pd.DataFrame({"mean": [0.42], "eti90_lb": [0.38], "eti90_ub": [0.47]}, index=pd.Index(["A"], name="class"))
>>> print(markdown(table))
| class | mean [90 %] |
|:--|--:|
| A | 0.42 [0.38, 0.47] |
<BLANKLINE>
Posterior mean [90 % equal-tailed interval].
"""

from latentclass.tables.intervals import intervals
from latentclass.tables.written import latex, markdown

__all__ = ["intervals", "latex", "markdown"]
