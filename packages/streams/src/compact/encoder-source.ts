/**
 * The code of the encoder's thread in one piece, so that it starts wherever this module was bundled to: the build puts
 * it here (`embed-encoder.mjs`). Undefined in sources, where the thread starts from its own file.
 */
export const ENCODER_SOURCE: string | undefined = undefined
