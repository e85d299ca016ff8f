# Draw from the model in lca.stan: Rscript run_stan.R folder seed chains warmup draws target
suppressMessages(library(rstan))
rstan_options(boost_lib = "/usr/include", auto_write = TRUE)
arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[1]
number <- as.integer(arguments[2:5])
options(mc.cores = number[2])
data <- jsonlite::fromJSON(file.path(folder, "data.json"))
start <- jsonlite::fromJSON(file.path(folder, "start.json"))
model <- stan_model(file.path(folder, "lca.stan"))
begun <- proc.time()[["elapsed"]]
fit <- sampling(model, data = data, seed = number[1], chains = number[2], warmup = number[3],
                iter = number[3] + number[4], init = function() start, refresh = 0, control = list(adapt_delta = as.numeric(arguments[6])))
seconds <- proc.time()[["elapsed"]] - begun
draws <- extract(fit, pars = c("intercept", "slope", "probability"), permuted = FALSE)
for (chain in seq_len(number[2])) {
  write.csv(draws[, chain, ], file.path(folder, paste0("draws_", chain, ".csv")), row.names = FALSE)
}
drawing <- max(get_elapsed_time(fit)[, "sample"])
writeLines(jsonlite::toJSON(list(seconds = seconds, draws = drawing), auto_unbox = TRUE), file.path(folder, "times.json"))
