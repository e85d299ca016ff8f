// The latent class model of the sampling benchmark, with the priors of latentclass.
data {
  int<lower=1> N;
  int<lower=1> J;
  int<lower=2> C;
  int<lower=2> K;
  int<lower=0> P;
  int<lower=1, upper=C> y[N, J];
  matrix[N, P] x;
  matrix[K, K - 1] basis;
  real<lower=0> scale_intercept;
  real<lower=0> scale_slope;
  real<lower=0> concentration;
}
parameters {
  vector[K - 1] raw_intercept;
  matrix[P, K - 1] raw_slope;
  simplex[C] probability[K, J];
}
transformed parameters {
  vector[K] intercept = basis * raw_intercept;
  matrix[P, K] slope = raw_slope * basis';
}
model {
  matrix[N, K] logits = x * slope + rep_matrix(intercept', N);
  vector[K] log_p[J, C];
  raw_intercept ~ normal(0, scale_intercept);
  to_vector(raw_slope) ~ normal(0, scale_slope);
  for (j in 1:J) {
    for (k in 1:K) {
      probability[k, j] ~ dirichlet(rep_vector(concentration, C));
      for (c in 1:C) {
        log_p[j, c][k] = log(probability[k, j][c]);
      }
    }
  }
  for (n in 1:N) {
    vector[K] joint = log_softmax(logits[n]');
    for (j in 1:J) {
      joint += log_p[j, y[n, j]];
    }
    target += log_sum_exp(joint);
  }
}
