/** What signatures of logs and witnesses are made with. */
export type SignatureAlgorithm = 'ed25519' | 'ml-dsa-44'

/** A signature and what it should be of. All bytes are borrowed. */
export interface SignatureClaim {
  readonly algorithm: SignatureAlgorithm
  readonly publicKey: Uint8Array
  readonly message: Uint8Array
  readonly signature: Uint8Array
}
