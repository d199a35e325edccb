export { FakeProcess, FakeService, healthy, type Behaviour } from './fake-service.ts'
export { VirtualConsole } from './virtual-console.ts'
export { liveThirteenHours, type ThirteenHours } from './thirteen-hours.ts'
