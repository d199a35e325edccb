// Shows the state the server streams; each click is one POST or DELETE. Nothing here is remembered or decided.
const byId = (id) => document.getElementById(id)
const element = (name, className, text) =>
  Object.assign(document.createElement(name), { className, textContent: text ?? '' })
const span = (ms) => (ms >= 60_000 ? `${Math.ceil(ms / 60_000)} min` : `${Math.max(0, Math.ceil(ms / 1000))} s`)
const clockTime = (atMs) => new Date(atMs).toLocaleTimeString()

const rows = new Map()
let untilMs = null

function rowOf(kind) {
  const known = rows.get(kind.name)
  if (known) return known
  const item = element('li')
  const button = element('button')
  button.type = 'button'
  const promise = element('p', 'promise', kind.promise)
  const sentence = element('p', 'sentence')
  item.append(element('h3', '', kind.title), button, element('p', 'does', kind.does), promise, sentence)
  byId('faults').append(item)
  const row = { item, button, sentence, kind, isOn: false }
  button.addEventListener('click', () => {
    const isOn = row.isOn
    button.disabled = true
    const request = isOn ? ['/api/fault', 'DELETE'] : [`/api/faults/${kind.name}`, 'POST']
    fetch(request[0], { method: request[1] }).finally(() => (button.disabled = false))
  })
  rows.set(kind.name, row)
  return row
}

function show(state) {
  byId('connection').textContent = ''
  if (byId('links').childElementCount === 0) {
    for (const { label, url } of state.links)
      byId('links').append(Object.assign(element('a', '', label), { href: url }))
  }
  untilMs = null
  for (const kind of state.kinds) {
    const row = rowOf(kind)
    const now = state.faults.find(({ name }) => name === kind.name)
    row.isOn = now.until !== null
    row.item.className = row.isOn ? 'is-on' : ''
    row.sentence.textContent = now.sentence ?? ''
    if (row.isOn) untilMs = now.until.atMs
    row.button.textContent = row.isOn
      ? `Stop · ${span(untilMs - Date.now())}`
      : kind.lastsMs
        ? `Break · ${span(kind.lastsMs)}`
        : 'Break'
    row.button.setAttribute('aria-label', `${row.isOn ? 'Stop' : 'Begin'}: ${kind.title}`)
  }
  showInbox(state.messages)
}

let shownId = -1
function showInbox(messages) {
  const newestId = messages[0]?.id ?? 0
  if (newestId === shownId) return
  shownId = newestId
  const openIds = new Set([...document.querySelectorAll('#inbox details[open]')].map((details) => details.dataset.id))
  byId('inbox-count').textContent = messages.length === 0 ? '' : String(messages.length)
  const items = messages.map((message) => {
    const item = element('li')
    const from = element('div', 'from')
    from.append(
      element('span', '', `${message.channel} to ${message.to}`),
      element('time', '', clockTime(message.atMs)),
    )
    const details = element('details')
    details.dataset.id = String(message.id)
    details.open = openIds.has(details.dataset.id)
    details.append(element('summary', '', message.subject), element('pre', '', message.text))
    item.append(from, details)
    return item
  })
  byId('inbox').replaceChildren(...(items.length === 0 ? [element('li', 'lead', 'Nothing yet. Calm water.')] : items))
}

setInterval(() => {
  for (const row of rows.values())
    if (row.isOn && untilMs) row.button.textContent = `Stop · ${span(untilMs - Date.now())}`
}, 1000)

const events = new EventSource('/api/events')
events.addEventListener('message', (event) => show(JSON.parse(event.data)))
events.addEventListener(
  'error',
  () => (byId('connection').textContent = 'The demo has stopped or is not reachable; trying again.'),
)
