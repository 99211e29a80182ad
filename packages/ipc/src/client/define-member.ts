/** Puts a member on an object that stands for another: those with a name are seen, symbols are not. */
export function define(face: object, name: PropertyKey, descriptor: PropertyDescriptor): void {
  Object.defineProperty(face, name, { enumerable: typeof name === 'string', ...descriptor })
}
