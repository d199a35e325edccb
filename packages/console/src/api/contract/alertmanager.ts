/*
 * Alertmanager's API v2 and its webhook, version 4, as far as this console speaks them. Instants are RFC 3339.
 */

/** What fires, or is over: `endsAt` lies in the past. */
export interface PostableAlert {
  labels: Record<string, string>
  annotations?: Record<string, string>
  startsAt?: string
  endsAt?: string
  generatorURL?: string
}

export interface GettableAlert {
  annotations: Record<string, string>
  endsAt: string
  fingerprint: string
  receivers: AlertReceiver[]
  startsAt: string
  status: {
    inhibitedBy: string[]
    mutedBy: string[]
    silencedBy: string[]
    state: 'unprocessed' | 'active' | 'suppressed'
  }
  updatedAt: string
  generatorURL: string
  labels: Record<string, string>
}

export interface AlertReceiver {
  name: string
}

export interface AlertGroup {
  labels: Record<string, string>
  receiver: AlertReceiver
  alerts: GettableAlert[]
}

/** `isEqual` is true where it is left out. */
export interface AlertMatcher {
  name: string
  value: string
  isRegex: boolean
  isEqual?: boolean
}

/** With an `id` it changes that silence. */
export interface PostableSilence {
  id?: string | null
  matchers: AlertMatcher[]
  startsAt: string
  endsAt: string
  createdBy: string
  comment: string
}

export interface GettableSilence {
  id: string
  status: { state: 'pending' | 'active' | 'expired' }
  updatedAt: string
  comment: string
  createdBy: string
  endsAt: string
  matchers: AlertMatcher[]
  startsAt: string
}

export interface AlertmanagerStatus {
  cluster: { status: 'disabled'; peers: never[] }
  config: { original: string }
  uptime: string
  versionInfo: {
    branch: string
    buildDate: string
    buildUser: string
    goVersion: string
    revision: string
    version: string
  }
}

/** What Alertmanager posts to a webhook; Grafana's is the same and calls itself version 1. */
export interface AlertmanagerWebhook {
  version: '4' | '1'
  alerts: {
    status: 'firing' | 'resolved'
    labels: Record<string, string>
    annotations?: Record<string, string>
    startsAt?: string
    endsAt?: string
    generatorURL?: string
  }[]
}
