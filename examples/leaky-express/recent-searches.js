'use strict'

/** What each visitor looked for last, so that "back to the results" is instant. */
const recentSearches = new Map()

exports.remember = function remember(visitor, query, results) {
  const searches = recentSearches.get(visitor) ?? []
  searches.unshift({ query, at: new Date(), results: results.map((thing) => ({ ...thing })) })
  recentSearches.set(visitor, searches.slice(0, 5))
}

exports.recall = function recall(visitor) {
  return recentSearches.get(visitor) ?? []
}
