/** The backend did what the contract forbids, or did not do what it promises. */
export class Violation extends Error {
  override readonly name = 'Violation';
}
