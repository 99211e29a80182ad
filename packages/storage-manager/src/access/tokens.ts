import { ForgeError, type Clock, type Random } from '@forgeone/common'
import { decodeAccessRow } from './access-row-codec.ts'
import { actorOf, optionOf } from './access-arguments.ts'
import type { AccessRows } from './access-rows.ts'
import { checkPrincipalName, HOLDERS_MAX } from './grant.ts'
import { checkToken, newToken, TOKEN_MS_DEFAULT, TOKEN_MS_MAX, tokenIdOf, type TokenRecord } from './token.ts'

/** A use is written when the last one written is so old: who looks for tokens that sleep needs it no finer. */
const USE_WRITTEN_EVERY_MS = 3_600_000

/** A token as it is listed: never its secret. */
export interface TokenInfo extends Omit<TokenRecord, 'digest'> {
  /** To the hour; absent when it was never used. */
  readonly lastUsed: number | undefined
}

/** The tokens of a store, and when each was last used. */
export class Tokens {
  readonly #rows: AccessRows
  readonly #clock: Clock
  readonly #random: Random
  readonly #records = new Map<string, TokenRecord>()
  readonly #lastUses = new Map<string, number>()
  #writing: Promise<unknown> = Promise.resolve()

  constructor(o: { readonly rows: AccessRows; readonly clock: Clock; readonly random: Random }) {
    this.#rows = o.rows
    this.#clock = o.clock
    this.#random = o.random
  }

  /** @throws RECORD_TAMPERED */
  load(kind: 't' | 'u', value: Uint8Array): void {
    if (kind === 't') {
      const record = decodeAccessRow(kind, value)
      this.#records.set(record.id, record)
    } else {
      const { id, at } = decodeAccessRow(kind, value)
      this.#lastUses.set(id, at)
    }
  }

  /** @throws ACCESS_GRANT_INVALID, ACCESS_LIMIT */
  async create(
    principal: string,
    options: { readonly ttlMs?: number | undefined; readonly by?: string | undefined },
  ): Promise<{ readonly token: string; readonly info: TokenInfo }> {
    checkPrincipalName(principal)
    const by = actorOf(options, ['ttlMs'])
    const ttlMs = optionOf(options, 'ttlMs') ?? TOKEN_MS_DEFAULT
    if (typeof ttlMs !== 'number' || !Number.isInteger(ttlMs) || ttlMs < 1 || ttlMs > TOKEN_MS_MAX) {
      throw new ForgeError('ACCESS_LIMIT', 'a token lasts from a millisecond to 366 days')
    }
    if (this.#records.size >= HOLDERS_MAX)
      throw new ForgeError('ACCESS_LIMIT', `there are ${HOLDERS_MAX} tokens already`)
    const { text, record } = newToken({ principal, now: this.#clock.now(), ttlMs }, this.#random)
    const facts = { id: record.id, principal: this.#rows.pseudonym(principal) }
    const operations = [this.#rows.put('t', record.id, record)]
    await this.#rows.commit({ by, action: 'access.token-created', facts, operations })
    this.#records.set(record.id, record)
    return { token: text, info: this.#infoOf(record) }
  }

  /** @returns false when there is none */
  async revoke(id: string, by: string): Promise<boolean> {
    if (!this.#records.has(id)) return false
    const operations = [this.#rows.delete('t', id), this.#rows.delete('u', id)]
    await this.#rows.commit({ by, action: 'access.token-revoked', facts: { id }, operations })
    this.#records.delete(id)
    this.#lastUses.delete(id)
    return true
  }

  list(): readonly TokenInfo[] {
    return [...this.#records.values()].map((record) => this.#infoOf(record))
  }

  /** The principal a token stands for. @throws ACCESS_TOKEN_INVALID, ACCESS_TOKEN_EXPIRED */
  authenticate(token: unknown): string {
    const id = tokenIdOf(token)
    const record = id === undefined ? undefined : this.#records.get(id)
    const now = this.#clock.now()
    checkToken(token, { record, now })
    this.#noteUse(record!, now)
    return record!.principal
  }

  async close(): Promise<void> {
    await this.#writing
  }

  /**
   * Nobody waits for it, and a use that cannot be written stands in the way of nothing. It is a row of its own: the one of
   * the token is never written again, so no revocation can be undone by a use at the same moment.
   */
  #noteUse({ id, principal }: TokenRecord, now: number): void {
    const last = this.#lastUses.get(id)
    if (last !== undefined && now - last < USE_WRITTEN_EVERY_MS) return
    this.#lastUses.set(id, now)
    const written = this.#writeUse({ id, principal }, now).catch(() => undefined)
    this.#writing = Promise.all([this.#writing, written])
  }

  async #writeUse({ id, principal }: Pick<TokenRecord, 'id' | 'principal'>, now: number): Promise<void> {
    const operations = [this.#rows.put('u', id, { id, at: now })]
    await this.#rows.commit({ by: principal, action: 'access.token-used', facts: { id }, operations })
  }

  #infoOf({ id, principal, created, expires }: TokenRecord): TokenInfo {
    return { id, principal, created, expires, lastUsed: this.#lastUses.get(id) }
  }
}
