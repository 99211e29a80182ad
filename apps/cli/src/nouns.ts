import { alone, type Noun } from './program/noun.ts'
import { ACCESS } from './commands/access/verbs.ts'
import { AUDIT } from './commands/audit/verbs.ts'
import { CACHE } from './commands/cache/verbs.ts'
import { COMPLIANCE } from './commands/compliance/verbs.ts'
import { EVENTS } from './commands/events/verbs.ts'
import { GROUPS } from './commands/groups/verbs.ts'
import { IMAGE } from './commands/image/verbs.ts'
import { KEYS } from './commands/keys/verbs.ts'
import { LOGS } from './commands/logs/verbs.ts'
import { SETTINGS } from './commands/settings/verbs.ts'
import { TOPICS } from './commands/topics/verbs.ts'
import { VAULT } from './commands/vault/verbs.ts'

/** Every noun, in the order of the help. Nothing of a command is loaded before somebody types it. */
export const NOUNS: readonly Noun[] = [
  alone(
    'init',
    'Create a store in an empty or missing directory',
    async () => (await import('./commands/store/init.ts')).init,
  ),
  LOGS,
  EVENTS,
  GROUPS,
  TOPICS,
  IMAGE,
  CACHE,
  SETTINGS,
  VAULT,
  ACCESS,
  COMPLIANCE,
  alone(
    'erase',
    'Make everything sealed for a subject unreadable for good, and certify it',
    async () => (await import('./commands/erase.ts')).erase,
  ),
  alone(
    'stats',
    'Show what a store holds and what it takes',
    async () => (await import('./commands/store/stats.ts')).stats,
  ),
  alone(
    'metrics',
    'Print what a store holds in the text format of Prometheus',
    async () => (await import('./commands/store/metrics.ts')).metrics,
  ),
  alone(
    'top',
    'Watch a store: rates, topics, lag of groups, bytes, state',
    async () => (await import('./commands/store/top.ts')).top,
  ),
  alone(
    'connections',
    'List the processes that use a store through the one that has it open',
    async () => (await import('./commands/store/connections.ts')).connections,
  ),
  alone(
    'verify',
    'Check everything stored: chain, checksums, authenticity, index',
    async () => (await import('./commands/store/verify.ts')).verify,
  ),
  alone(
    'checkpoint',
    'Take an image of the store beside its work, by hard links where they can be made; list and forget images',
    async () => (await import('./commands/store/checkpoint.ts')).checkpoint,
  ),
  alone(
    'doctor',
    'Examine a store without its secret: what is wrong and what to do',
    async () => (await import('./commands/store/doctor.ts')).doctor,
  ),
  alone(
    'repair',
    'List rows that were set aside because they do not parse, or remove one for good',
    async () => (await import('./commands/store/repair.ts')).repair,
  ),
  AUDIT,
  KEYS,
  alone(
    'completion',
    'Print a completion script for bash, zsh or fish',
    async () => (await import('./commands/completion.ts')).completion,
  ),
  alone(
    'demo',
    'Show the main job on real logs: import, search, survive a kill, verify',
    async () => (await import('./commands/demo/demo.ts')).demo,
  ),
]
