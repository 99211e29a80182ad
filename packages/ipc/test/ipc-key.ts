export const IPC_KEY: Uint8Array = new Uint8Array(32).fill(7)
