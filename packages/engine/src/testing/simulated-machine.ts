import { Power, type CutStyle } from './simulated-disk.ts'
import { SimulatedBackend } from './simulated-backend.ts'
import { SimulatedStoreFiles } from './simulated-store-files.ts'

/** Files and databases that share one power supply; spread it into the options of `LocalStore.open`. */
export class SimulatedMachine {
  readonly power: Power
  readonly files: SimulatedStoreFiles
  readonly backend: SimulatedBackend

  constructor(o: { power?: Power; files?: SimulatedStoreFiles; backend?: SimulatedBackend } = {}) {
    this.power = o.power ?? new Power()
    this.files = o.files ?? new SimulatedStoreFiles(this.power)
    this.backend = o.backend ?? new SimulatedBackend(this.power)
  }

  /** Cuts the power and starts again with what survived. @param cutAt the sync point at which it goes out again */
  restart(style: CutStyle, cutAt?: number): SimulatedMachine {
    this.power.cut()
    const power = new Power(cutAt)
    return new SimulatedMachine({
      power,
      files: this.files.afterCut(style, power),
      backend: this.backend.afterCut(style, power),
    })
  }
}
