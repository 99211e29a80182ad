import { ForgeError } from '@forgeone/common'
import { expect, test } from 'vitest'
import { JointCommits, presentSeat, type JointPart, type JointWriter } from '../src/commit/joint-commit.ts'

/** Keeps what it is given, and acknowledges it. */
class KeepingWriter implements JointWriter {
  readonly kept: JointPart[] = []

  submitJointly(parts: readonly JointPart[]): void {
    for (const [index, part] of parts.entries()) {
      this.kept.push(part)
      part.resolve({ sequence: index, time: 0 })
    }
  }
}

const NOTHING: JointPart['build'] = () => {
  throw new Error('never built')
}

test('a store that closes ends a transaction that would wait on, and those behind it', async () => {
  const writer = new KeepingWriter()
  const joint = new JointCommits(writer)
  const commit = async (): Promise<unknown> => await presentSeat()!.take(writer, NOTHING, {})
  const waiting = joint.run([commit, () => new Promise<never>(() => undefined)])
  const behind = joint.run([commit])
  await new Promise((resolve) => setImmediate(resolve))
  joint.close(new ForgeError('STORE_CLOSED', 'the store is closed'))
  const [seated, stuck] = await waiting
  expect(seated).toMatchObject({ reason: { code: 'STORE_CLOSED' } })
  expect(stuck).toMatchObject({ reason: { code: 'STORE_CLOSED' } })
  await expect(behind).rejects.toMatchObject({ code: 'STORE_CLOSED' })
  expect(writer.kept).toEqual([])
})

test('a call that comes to its commit too late writes nothing, nor do the others, and the next transaction goes on', async () => {
  const writer = new KeepingWriter()
  const joint = new JointCommits(writer, { gatherMsMax: 20 })
  const commit = async (): Promise<unknown> => await presentSeat()!.take(writer, NOTHING, {})
  const stuck = Promise.withResolvers<void>()
  const afterwards = Promise.withResolvers<unknown>()
  const settled = await joint.run([
    commit,
    async () => {
      await stuck.promise
      // Who is stuck goes on one day, and must find that it is over.
      afterwards.resolve(await commit().catch((error: unknown) => error))
    },
  ])
  for (const outcome of settled)
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'COMMIT_ABANDONED' } })
  stuck.resolve()
  expect(await afterwards.promise).toMatchObject({ code: 'COMMIT_ABANDONED' })
  expect(writer.kept).toEqual([])
  expect(await joint.run([commit, commit])).toMatchObject([{ status: 'fulfilled' }, { status: 'fulfilled' }])
  expect(writer.kept).toHaveLength(2)
})
