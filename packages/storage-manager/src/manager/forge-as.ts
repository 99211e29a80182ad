import type { MetricReading } from '@forgeone/common'
import type {
  FacilityPlan,
  HealthReport,
  MethodRule,
  ImageResult,
  OpenedFacility,
  Store,
  VerifyOptions,
} from '@forgeone/engine'
import type { CheckpointInfo } from '../checkpoint/checkpoint-register.ts'
import type { ForgeFaces } from '../facilities.ts'
import type { DamagedRow } from './damaged-rows.ts'
import type { ForgeVerifyReport } from './verify-forge.ts'
import type { ForgeConnection } from './share-forge.ts'
import type { ForgeStatistics } from '../statistics/forge-statistics.ts'
import type { MetricsSample } from '../statistics/metrics-history.ts'
import type { TransactionFaces } from '../transaction/collect-transaction.ts'
import { runTransaction } from '../transaction/run-transaction.ts'
import type { Transaction, TransactionResult } from '../transaction/transaction.ts'
import type { AccessControl } from '../access/access-control.ts'
import { Guard } from '../access/guard.ts'

/** What a principal has of a store: the faces and methods of `Forge`, each asked about before it runs. */
export interface ForgeHandle extends ForgeFaces {
  health(): HealthReport
  metrics(): ReadonlyMap<string, MetricReading>
  metricsHistory(): Promise<readonly MetricsSample[]>
  stats(): ForgeStatistics
  verify(options?: VerifyOptions): Promise<ForgeVerifyReport>
  damagedRows(): Promise<readonly DamagedRow[]>
  checkpoint(directory: string): Promise<ImageResult>
  checkpoints(): Promise<readonly CheckpointInfo[]>
  forgetCheckpoint(id: string): Promise<boolean>
  flush(): Promise<void>
  connections(): readonly ForgeConnection[]
  transaction(callback: (transaction: Transaction) => void | Promise<void>): Promise<TransactionResult>
}

export interface ActAsOptions {
  readonly principal: string
  readonly access: AccessControl
  readonly assertLive: () => void
  readonly jointly: Store['jointly']
  /** Of the store itself. */
  readonly methods: Readonly<Record<string, MethodRule>>
  readonly plans: readonly FacilityPlan<object>[]
  readonly opened: ReadonlyMap<string, OpenedFacility<object>>
}

/** The handle of a principal. It holds the store in closures only: no property leads to it. */
export function forgeAs(forge: object, options: ActAsOptions): ForgeHandle {
  const { principal, access, assertLive, jointly, methods, plans, opened } = options
  const guard = new Guard({ access, principal, assertLive })
  const pseudonym = access.pseudonym(principal)
  const faces: Record<string, object> = {}
  for (const plan of plans) {
    const facility = opened.get(plan.name)
    // The store itself, which has no face but this one.
    if (facility === undefined) continue
    // A version of a secret says who set it, beside the leaf.
    faces[plan.name] = guard.face(facility.as?.(pseudonym) ?? faceOf(facility, plan), plan.rules)
  }
  // Each of its calls is one of the faces', and asked about there.
  const transaction: ForgeHandle['transaction'] = async (callback) => {
    assertLive()
    // Those that a transaction uses are in every list.
    return await runTransaction({ jointly, faces: faces as unknown as TransactionFaces }, callback)
  }
  // The methods of the store and the faces of its list, with the same types.
  return guard.face(forge, { methods }, { ...faces, transaction }) as ForgeHandle
}

/** The face, or, while what it stands on is set aside, an object each of whose methods says so once it is allowed. */
function faceOf(facility: OpenedFacility<object>, { rules }: FacilityPlan<object>): object {
  try {
    return facility.face
  } catch (error) {
    const refuse = (): never => {
      throw error
    }
    return Object.fromEntries(Object.keys(rules.methods).map((name) => [name, refuse]))
  }
}
