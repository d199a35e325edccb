/**
 * What names tell. A name alone never makes a finding: it only decides between readings that the code leaves open, such as whether
 * an exported class lives as long as the process or as long as a request.
 */

/** Made for one request, one document, one run: what they hold goes with them. */
export const shortLivedOwner =
  /(Request|Response|Pipeline|Multi|Reply|Context|Ctx|Parser|Visitor|Builder|Walker|Compiler|Compilation|Tokenizer|Lexer|Scanner|Printer|Formatter|Generator|State|Scope|Iterator|Cursor|Reader|Writer|Stream|Transaction|Query|Statement|Command|Message|Event|Error|Frame|Packet|Document|Element|Component|Expression|Matcher|Result|Report|Diff|Patch|Graph|Tree|Trie|Heap|Deque|List|Queue|Vector|Matrix|Bitmap|Job|Task|Batch|Chunk|Buffer|Headers|Cookie|Form|Field|Schema|Type|Path|Url|URL|Uri|Test|Suite|Spec|Node|Set|Map|Stack|Array|Object|Record|Table|Row|Cell|View|Model|Option|Options|Params|Args|Config|Settings|Definition|Token|Rule|Layer|Plan|Migration|Import|Export|Module|Bundle|Chunk|File|Trace|Mock)$/

/** Kept for lookup, again and again: the name of a collection that is meant to live long. */
export const keptForLookup =
  /cache|memo|registry|registered|instances|store|pool|sessions|compiled|history|known|seen|lookup|interned|loaded|entries|visited|resolved|pending|inflight|calls|requests|callbacks|promises|deferred|loggers|connections|clients|handlers|index/i

/** A function that takes something in on its caller's behalf, who has a counterpart to take it out again. */
export const takesIn =
  /^_?(add|put|set|insert|store|save|register|subscribe|on|once|listen|open|acquire|attach|track|enter|enqueue|push|lock|begin|start|mount|join|use|watch|observe|bind|connect|adopt|create|open|schedule|publish|append|prepend|link|hold|retain|increment|mark|touch|write|init|load|update|upsert|enable|include|import|define|extend|hook|tap|when|provide|inject|install|apply|addListener|prependListener)([A-Z_]|$)/

/** A function that sets a program up: called by its user at start-up, once for each part. */
export const setsUp =
  /^_?(use|register\w*|define\w*|declare\w*|add\w*|option|options|command|plugin|extend|configure|config|setup|init\w*|install|mount|route|router|get|post|put|patch|all|head|param|engine|alias|provide|decorate|hook|before|after|pre|post|tap|on|once|set|setDefault\w*|enable|disable|include|mixin|inherit\w*|implement|override|customize|make|factory|service|provider|constant|value|directive|filter|helper|helpers|middleware|method|static|virtual|plugin|index|format|transport|appender|handler|type|rule|keyword|tag|locale|lang|language|import\w*|export\w*|bootstrap|start|boot|constructor|required|build|load\w*|parseOptions)$/

/** Words for a limit. */
export const limitWord =
  /max|limit|capacity|threshold|budget|quota|bound|highWater|ceiling|allowance|retention|keep|history\w*(size|length)/i

/** Words for a count of what is held. */
export const countWord = /size|count|length|total|num(ber)?|used|weight|bytes/i

/** Collections of what was said already: as many as there are sentences in the code. */
export const saidAlready =
  /warn|deprecat|emitted|reported|notified|logged|alerted|complain|didShow|printed|shown|displayed/i

/** Keys that name a file of the program itself. */
export const fileKey =
  /^_*(file|fileName|filename|filePath|filepath|fullPath|fullpath|absPath|absolutePath|realPath|realpath|modulePath|moduleId|dir|dirname|dirName|folder|directory|sourceFile|resolvedPath|templatePath|viewPath|packageName|pkgName|pluginName|extname|ext|extension)$/

/** Keys of which a program has few, whatever comes in. */
export const fewKeys =
  /^_*(type|kind|level|lvl|locale|lang|language|encoding|enc|charset|method|verb|status|statusCode|code|env|environment|platform|arch|unit|units|mode|state|stage|phase|severity|color|colour|style|direction|format|fmtName|signal|sig|protocol|scheme|family|role|plugin|className|ctor|Ctor|constructor|Class|klass|Type|clazz|componentName|propName|attr|attribute|attrName|tag|tagName|nodeName|field|fieldName|column|columnName|table|tableName|event|eventName|evt|hook|hookName|command|operator|op|keyword|alias|prop|property|propertyName|methodName|fnName|target|proto|prototype|modelName|schemaName|strategy|symbol|sym|category|topic|channel|namespace|ns|algorithm|alg|version|parity|flag|flags|feature|dialect|charCode|digit|day|month|weekday|hour|zone|tz|timezone|region|country|currency|driver|adapter|helper|filter|zoneName|codec|mime|mimeType|contentType|ContentType)$/

/** The same as the last part of a longer name: `targetLocale`. */
export const fewKeysEnding =
  /[a-z](Locale|Lang|Language|Level|Type|Kind|Encoding|TimeZone|Timezone|Method|Mode|State|Phase|Severity|Unit|Status|Protocol|Charset)$/

/** What a stranger may choose freely. */
export const strangersWord =
  /\b(url|uri|href|originalUrl|path|pathname|query|search|params|body|headers?|cookies?|ip|remoteAddress|token|session|sessionId|userAgent|host|hostname|origin|referer|email|username|userId|jwt|apiKey|text|template|source|src|html|input|payload|pattern|selector|expression|expr|sql|statement)\b/
