// A shared document with undo, and no limit to how far back: each change keeps the state before it.
import { createServer } from 'node:http'
import { createStore } from 'redux'
import reduxUndo from 'redux-undo'

const change = (state = { text: '' }, action) => (action.type === 'write' ? { text: action.text } : state)
const store = createStore(reduxUndo(change))

createServer((request, response) => {
  store.dispatch({ type: 'write', text: Array.from({ length: 200 }, () => `${request.url} ${Math.random()}`).join('') })
  response.end(String(store.getState().present.text.length))
}).listen(process.env.PORT, '127.0.0.1')
