/** How long to wait before attempt `n + 1`, all times in milliseconds. */
export interface BackoffPolicy {
  readonly type: 'fixed' | 'exponential';
  readonly delay: number;
  /** Upper bound of the growing delay. */
  readonly max: number;
  /** 0–1: this share of the delay is random; 0.5 means between half of it and all of it. */
  readonly jitter: number;
}

/** What happens to a task that fails. */
export interface TaskPolicy {
  /** Attempts in all, the first one included. */
  readonly attempts: number;
  readonly backoff: BackoffPolicy;
  /** Milliseconds one attempt may take; 0: no bound. */
  readonly timeout: number;
}
