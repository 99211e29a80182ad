/** Descriptions are made where objects are, below this package. */
export {
  VALUE,
  VALUE_METHOD,
  valueMethods,
  type CallbackShape,
  type Conversion,
  type ListShape,
  type MethodShape,
  type ObjectShape,
  type Shape,
  type StreamShape,
  type ValueShape,
} from '@forgeone/common'
