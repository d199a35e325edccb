export {
  startTraffic,
  type Traffic,
  type TrafficOptions,
  type TrafficReport,
  type TrafficSecond,
} from './traffic/index.ts'
