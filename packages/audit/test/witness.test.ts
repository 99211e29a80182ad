import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ManualClock } from '@forgeone/common'
import { expect, onTestFinished, test } from 'vitest'
import {
  createWitness,
  directoryState,
  gatherCosignatures,
  parseVerifierKey,
  verifierKey,
  witnessAnchor,
  witnessServer,
  type Witness,
  type WitnessState,
} from '../src/index.ts'
import { originHash } from '../src/witness/witness-state.ts'
import { formatAddCheckpoint, parseAddCheckpoint } from '../src/witness/witness-body.ts'
import { parsePolicy, policyOfKey, verifyReceipt, type Policy } from '../src/verify/index.ts'
import { codeOf, commit, openLog, signer, type Opened } from './fixtures.ts'

class MemoryState implements WitnessState {
  readonly notes = new Map<string, string>()
  writes = 0

  async read(origin: string): Promise<string | undefined> {
    return this.notes.get(origin)
  }

  async write(origin: string, note: string): Promise<void> {
    // Time for the other request to overtake, if anything let it.
    await new Promise((resolve) => setTimeout(resolve, 5))
    this.writes++
    this.notes.set(origin, note)
  }
}

function witnessFor(policy: Policy, state: WitnessState = new MemoryState(), fill = 5): Witness {
  return createWitness({
    policy,
    name: 'witness.example/w1',
    signer: signer(fill),
    state,
    clock: new ManualClock(),
  })
}

async function request(opened: Opened, oldSize: number): Promise<string> {
  const checkpoint = await opened.log.checkpoint()
  const hashes = oldSize === 0 ? [] : await opened.log.consistency(oldSize, opened.log.size)
  return formatAddCheckpoint({ oldSize, hashes, checkpoint })
}

test('a witness cosigns what continues the last checkpoint, and nothing else', async () => {
  const opened = await openLog()
  opened.grow(100)
  const witness = witnessFor(policyOfKey(opened.log.verifierKeys[0]!))
  const first = await request(opened, 0)
  expect(await witness.addCheckpoint(first)).toMatchObject({ status: 200 })
  expect(await witness.addCheckpoint(first)).toMatchObject({
    status: 409,
    body: '100\n',
    headers: { 'Content-Type': 'text/x.tlog.size' },
  })
  opened.grow(57)
  const second = await request(opened, 100)
  const statusOf = async (body: string): Promise<number> => (await witness.addCheckpoint(body)).status
  expect(await statusOf(second.replace('old 100', 'old 0'))).toBe(409)
  expect(await statusOf(second.replace('old 100', 'old 158'))).toBe(400)
  expect(await statusOf(second.replace('old 100', 'old 0100'))).toBe(400)
  expect(await statusOf(second.replace('\n', '\nAAAA\n'))).toBe(400)
  const lines = second.split('\n')
  expect(await statusOf([lines[0], ...lines.slice(2)].join('\n'))).toBe(422)
  expect(await statusOf([lines[0], lines[1], ...lines.slice(1)].join('\n'))).toBe(422)
  expect(await statusOf(second.replace('forgeone/', 'foreign/'))).toBe(404)
  expect(await statusOf(second.replace('\n157\n', '\n156\n'))).toBe(403)
  expect(await statusOf('')).toBe(400)
  expect(await statusOf(second)).toBe(200)
  expect(await witness.checkpoint(opened.log.origin)).toContain('\n157\n')
})

test('a fork gets no cosignature, from a first proof or an equal size', async () => {
  const opened = await openLog()
  opened.grow(10)
  const witness = witnessFor(policyOfKey(opened.log.verifierKeys[0]!))
  await witness.addCheckpoint(await request(opened, 0))
  const fork = await openLog()
  fork.store.apply(fork.log.observe([commit(0, { operations: [] })]))
  fork.grow(9)
  expect(await witness.addCheckpoint(await request(fork, 10))).toMatchObject({ status: 422 })
  fork.grow(9)
  expect(await witness.addCheckpoint(await request(fork, 10))).toMatchObject({ status: 422 })
})

test('of two calls at one old size one wins', async () => {
  const opened = await openLog()
  opened.grow(10)
  const state = new MemoryState()
  const witness = witnessFor(policyOfKey(opened.log.verifierKeys[0]!), state)
  await witness.addCheckpoint(await request(opened, 0))
  opened.grow(1)
  const smaller = await request(opened, 10)
  opened.grow(5)
  const larger = await request(opened, 10)
  const answers = await Promise.all([witness.addCheckpoint(larger), witness.addCheckpoint(smaller)])
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409])
  expect(answers[1]).toMatchObject({ status: 409, body: '16\n' })
  expect(state.notes.get(opened.log.origin)).toContain('\n16\n')
})

test('the state is one file an origin, and survives the witness', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'forge-witness-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const opened = await openLog()
  opened.grow(3)
  const policy = policyOfKey(opened.log.verifierKeys[0]!)
  const body = await request(opened, 0)
  expect(await witnessFor(policy, directoryState(directory)).addCheckpoint(body)).toMatchObject({
    status: 200,
  })
  expect(await witnessFor(policy, directoryState(directory)).addCheckpoint(body)).toMatchObject({
    status: 409,
  })
})

async function served(
  opened: Opened,
  state: MemoryState = new MemoryState(),
  fill = 5,
): Promise<{ url: string; witness: Witness }> {
  const policy = policyOfKey(opened.log.verifierKeys[0]!)
  const witness = witnessFor(policy, state, fill)
  const server = witnessServer({ witness, policy })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  // A server that listens on a port has such an address.
  return { witness, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

test('over HTTP a log gets cosignatures, and its receipts meet a quorum', async () => {
  const opened = await openLog()
  const { log, grow } = opened
  grow(100)
  const { url, witness } = await served(opened)
  const anchor = witnessAnchor({ url: `${url}/`, key: witness.verifierKey })
  await log.checkpoint()
  await anchor.publish(await log.checkpoint(), log)
  grow(50)
  // A new client knows no size: it is told, and tries once more.
  const fresh = witnessAnchor({ url, key: witness.verifierKey })
  const checkpoint = await log.checkpoint()
  const lines = await fresh.publish(checkpoint, log)
  await log.addCosignatures({ checkpoint, lines })
  const text = `log ${log.verifierKeys[0]!.text}\nwitness W ${witness.verifierKey.text} ${url}\nquorum W\n`
  const policy = parsePolicy(text)
  const receipt = await log.receipt(120)
  expect(policy.ok && verifyReceipt(receipt, policy.value)).toMatchObject({
    ok: true,
    witnesses: [{ name: 'W', seconds: 1_700_000_000 }],
  })
  expect(await log.checkpoint()).toContain('witness.example')
  const monitored = await fetch(`${url}/${originHash(log.origin)}/checkpoint`)
  expect(await monitored.text()).toContain('\n150\n')
  expect((await fetch(`${url}/else`)).status).toBe(404)
})

test('all witnesses of a policy are asked at once, and the quorum is theirs', async () => {
  const opened = await openLog()
  opened.grow(5)
  const { log } = opened
  const [first, second] = [await served(opened), await served(opened, new MemoryState(), 6)]
  const parse = (quorum: string): Policy => {
    const text =
      `log ${log.verifierKeys[0]!.text}\nwitness A ${first.witness.verifierKey.text} ${first.url}\n` +
      `witness B ${second.witness.verifierKey.text} ${second.url}\n` +
      `witness C ${verifierKey({ name: 'c', publicKey: signer(8).publicKey, type: 4 }).text} http://127.0.0.1:9\n` +
      `group g ${quorum} A B C\nquorum g\n`
    const policy = parsePolicy(text)
    if (!policy.ok) throw new Error(policy.detail)
    return policy.value
  }
  const checkpoint = await log.checkpoint()
  const gathered = await gatherCosignatures({ checkpoint, policy: parse('2'), log })
  expect(gathered).toMatchObject({ meetsQuorum: true, failures: [{ code: 'AUDIT_ANCHOR_FAILED' }] })
  await log.addCosignatures({ checkpoint, lines: gathered.lines })
  expect(verifyReceipt(await log.receipt(1), parse('2')).ok).toBe(true)
  expect(verifyReceipt(await log.receipt(1), parse('all'))).toMatchObject({ code: 'QUORUM_MISSED' })
  expect(await gatherCosignatures({ checkpoint, policy: parse('all'), log })).toMatchObject({
    meetsQuorum: false,
  })
  const fork = await openLog()
  fork.store.apply(fork.log.observe([commit(0, { operations: [] })]))
  fork.grow(9)
  const forked = { checkpoint: await fork.log.checkpoint(), policy: parse('any'), log: fork.log }
  expect(await codeOf(() => gatherCosignatures(forked))).toBe('AUDIT_FORK')
})

test('what a witness refuses is an alarm with a code', async () => {
  const opened = await openLog()
  opened.grow(20)
  const { url, witness } = await served(opened)
  const anchor = witnessAnchor({ url, key: witness.verifierKey })
  await anchor.publish(await opened.log.checkpoint(), opened.log)
  const fork = await openLog()
  fork.store.apply(fork.log.observe([commit(0, { operations: [] })]))
  fork.grow(29)
  const forkNote = await fork.log.checkpoint()
  expect(await codeOf(() => anchor.publish(forkNote, fork.log))).toBe('AUDIT_FORK')
  const shorter = await openLog()
  shorter.grow(5)
  const shortNote = await shorter.log.checkpoint()
  expect(await codeOf(() => anchor.publish(shortNote, shorter.log))).toBe('AUDIT_ROLLBACK')
  const unknown = await openLog({ originPrefix: 'other.example' })
  unknown.grow(1)
  const unknownNote = await unknown.log.checkpoint()
  expect(await codeOf(() => anchor.publish(unknownNote, unknown.log))).toBe('AUDIT_ANCHOR_FAILED')
  const otherKey = parseVerifierKey(opened.log.verifierKeys[0]!.text)!
  opened.grow(1)
  const note = await opened.log.checkpoint()
  const distrusting = witnessAnchor({ url, key: otherKey })
  expect(await codeOf(() => distrusting.publish(note, opened.log))).toBe('AUDIT_ANCHOR_FAILED')
  const nobody = witnessAnchor({ url: 'http://127.0.0.1:9', key: witness.verifierKey })
  expect(await codeOf(() => nobody.publish(note, opened.log))).toBe('AUDIT_ANCHOR_FAILED')
})

test('a body reads back as it was written', async () => {
  const opened = await openLog()
  opened.grow(9)
  const body = await request(opened, 4)
  const parsed = parseAddCheckpoint(body)
  expect(parsed?.oldSize).toBe(4)
  expect(formatAddCheckpoint(parsed!)).toBe(body)
  expect(parseAddCheckpoint(`old 4\n${'A'.repeat(43)}=\n`.repeat(64))).toBeUndefined()
})

test.each([
  ['headers', 'POST /add-checkpoint HTTP/1.1\r\nX-Slow: '],
  ['a body', 'POST /add-checkpoint HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\nold 0\n'],
])('a sender of slow %s is cut off when its time is over', async (_, begin) => {
  const log = await openLog()
  const policy = policyOfKey(log.log.verifierKeys[0]!)
  const server = witnessServer({ witness: witnessFor(policy), policy, requestTimeoutMs: 300 })
  onTestFinished(() => void server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write(begin)
  const dripping = setInterval(() => socket.write('x'), 50)
  const startedMs = performance.now()
  await new Promise((resolve) => socket.once('close', resolve))
  clearInterval(dripping)
  // Node's own defaults would look for it after half a minute, and cut it off after a minute.
  expect(performance.now() - startedMs).toBeLessThan(25_000)
})

test.each(['a pipe', 'a directory', 'a huge sparse file'])(
  '%s in the place of the state is refused, and not waited for or read',
  async (kind) => {
    const directory = await mkdtemp(join(tmpdir(), 'forge-witness-'))
    onTestFinished(async () => await rm(directory, { recursive: true, force: true }))
    const path = join(directory, `${originHash('o')}.note`)
    if (kind === 'a pipe') execFileSync('mkfifo', [path])
    else if (kind === 'a directory') await mkdir(path)
    else {
      await writeFile(path, '')
      await truncate(path, 3 * 1024 ** 3)
    }
    expect(await codeOf(async () => await directoryState(directory).read('o'))).toBe('IO_FAILED')
  },
)
