import { ByteReader, ByteWriter, canonicalJson, ForgeError, type JsonValue } from '@forgeone/common'

/** One setting with its history in short. */
export interface Setting {
  readonly name: string
  readonly value: JsonValue
  /** 1 when it was first set, one more with every change. */
  readonly version: number
  readonly updatedAt: number
}

const ROW_VERSION = 1

export function encodeSetting(setting: Setting): Uint8Array {
  const text = canonicalJson(setting.value, { code: 'SETTING_INVALID', what: 'the value' })
  const bytes = new ByteWriter()
    .u8(ROW_VERSION)
    .varint(setting.version)
    .u48(setting.updatedAt)
    .text(setting.name)
    .text(text)
    .finish()
  // What is written is read first.
  decodeSetting(bytes)
  return bytes
}

/** @throws STORE_DAMAGED */
export function decodeSetting(bytes: Uint8Array): Setting {
  const from = new ByteReader(bytes, { code: 'STORE_DAMAGED', what: 'a setting' })
  if (from.u8() !== ROW_VERSION) throw from.failure('an unknown version')
  const version = from.varint()
  const updatedAt = from.u48()
  const name = from.text()
  const text = from.text()
  from.end()
  try {
    // Any JSON is a value.
    return { name, value: JSON.parse(text) as JsonValue, version, updatedAt }
  } catch (cause) {
    throw new ForgeError('STORE_DAMAGED', 'the value of a setting is no JSON', { cause })
  }
}
