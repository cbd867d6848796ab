/** `OrdersController.create`, for error messages. */
export const describeMethod = (target: object, key: string | symbol): string =>
  `${typeof target === 'function' ? target.name : target.constructor.name}.${String(key)}`;
