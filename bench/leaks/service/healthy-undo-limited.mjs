// A shared document with undo, four thousand changes back: it takes minutes to fill.
import { createServer } from 'node:http'
import { createStore } from 'redux'
import reduxUndo from 'redux-undo'

const change = (state = { text: '' }, action) => (action.type === 'write' ? { text: action.text } : state)
const store = createStore(reduxUndo(change, { limit: 4000 }))

createServer((request, response) => {
  store.dispatch({ type: 'write', text: Array.from({ length: 200 }, () => `${request.url} ${Math.random()}`).join('') })
  response.end(String(store.getState().present.text.length))
}).listen(process.env.PORT, '127.0.0.1')
