import { AsyncLocalStorage } from 'node:async_hooks'
import type { CommitContent } from '../port/store.ts'

/** What the store does by itself; nobody else's name is ever put in its place. */
export const SYSTEM_ACTOR = 'system'

const acting = new AsyncLocalStorage<string | undefined>()

/**
 * Runs `call` so that every commit it makes, however deep and late, names this actor in its leaf, instead of what the
 * commit's facts say; only what the store does by itself stays `system`. An argument that each method passes on would be
 * forgotten by one of them.
 * @param actor a pseudonym; undefined for what the facts say
 */
export function actingAs<T>(actor: string | undefined, call: () => T): T {
  return acting.run(actor, call)
}

/** The actor of the present call; undefined outside of `actingAs`. */
export function presentActor(): string | undefined {
  return acting.getStore()
}

/** The commit as this actor makes it. */
export function withActor(content: CommitContent, actor: string): CommitContent {
  const { facts } = content
  return facts.actor === SYSTEM_ACTOR ? content : { ...content, facts: { ...facts, actor } }
}
