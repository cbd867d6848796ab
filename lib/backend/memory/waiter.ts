/** A fetch that waits for messages. */
export interface Waiter<Source> {
  /** Where a message for it would arrive. */
  sources(): readonly Source[];
  /** Ends the fetch with what there is; `false`: there is nothing, it goes on waiting. */
  serve(): boolean;
}
