/**
 * Every limit of Signpost, in one place. A queue, loop, recursion, cache or name without a line
 * here is a defect. Sizes are octets unless the name says otherwise.
 */

// Threads
/** A thread that keeps dying is started again after so long: at first, and at most. */
export const threadRestartDelayMinMs = 100;
export const threadRestartDelayMaxMs = 5_000;

// DNS protocol (RFC 1035 §2.3.4, RFC 6891 §6.2)
/** A domain name in wire form, root label included. */
export const nameSizeMax = 255;
export const labelSizeMax = 63;
/** Labels of a name of 255 octets, the root not counted. */
export const labelCountMax = 127;
export const characterStringSizeMax = 255;
export const rdataSizeMax = 65_535;
export const messageSizeMax = 65_535;
export const udpPayloadSizeMin = 512;
/** What fits any path without fragments (DNS flag day 2020). */
export const udpPayloadSizeDefault = 1_232;
/** CNAME, DNAME and alias steps followed in one answer. */
export const chainLengthMax = 16;

// API
export const requestBodySizeMax = 4 * 1024 * 1024;
export const clockSkewMaxMs = 15 * 60 * 1000;
/** Request line and headers. */
export const requestHeadSizeMax = 16 * 1024;
export const requestHeadTimeoutMs = 20_000;
/** From the head of a request to the end of its body. */
export const requestTimeoutMs = 60_000;
export const requestCountMax = 256;
/** Octets of the bodies that all requests under way hold. */
export const requestBodyOctetsMax = 128 * 1024 * 1024;
/** A refused body's rest that is let go by, so that its sender reads the answer. */
export const discardedSizeMax = 16 * 1024 * 1024;
export const discardTimeoutMs = 5_000;
export const apiConnectionCountMax = 1_024;
/** A connection on which nothing moves is closed. Longer than the 60 s that load balancers wait. */
export const apiIdleTimeoutMs = 75_000;
export const apiStopTimeoutMs = 10_000;
/** How long a presigned request may be good for, as at AWS: 7 days. */
export const presignedLifeMaxSeconds = 7 * 24 * 60 * 60;
/** Some 11,000 simple changes: what is read of one request without holding the thread for long. */
export const xmlElementCountMax = 100_000;
export const xmlAttributeCountMax = 64;
/**
 * Values in a request of JSON, CBOR or form parameters: a PutMetricData of 1,000 metrics with 150
 * values and counts each has 300,000.
 */
export const documentValueCountMax = 400_000;
/** Structures and lists inside each other in such a request. */
export const documentDepthMax = 32;
/** Octets of a request to CloudWatch as it is sent; compressed ones may grow to the body's size. */
export const metricRequestSizeMax = 1024 * 1024;
/** Metrics of one PutMetricData, and values of one of them: AWS's. */
export const metricRequestDatumCountMax = 1_000;
export const metricDatumValueCountMax = 150;
/** Data points of one answer: AWS's. */
export const statisticsPointCountMax = 100_800;
/** Queries of one GetMetricData: AWS's. */
export const metricDataQueryCountMax = 500;
/** Brackets, signs and powers inside each other in a metric math expression. */
export const metricExpressionDepthMax = 64;
/** Points that all expressions of one request make on their way: some 100 ms of work. */
export const metricMathPointCountMax = 1_000_000;
/** What times data may have, from now: two weeks back, two hours ahead. */
export const metricPastMaxMs = 14 * 24 * 60 * 60 * 1000;
export const metricFutureMaxMs = 2 * 60 * 60 * 1000;
/** Values lie between this and its negative. */
export const metricValueMax = 2 ** 360;
/** Broken constraints that are looked for and named in one answer. */
export const violationsShownMax = 100;
/** Characters of a wrong value that an error repeats. */
export const valueShownSizeMax = 2_048;
/** A value without a length limit is not matched against a pattern beyond this. */
export const patternedSizeMax = 4_096;

// Server: sockets, workers, query log
/** Octets of a UDP query; longer datagrams are counted and dropped. No query needs this much. */
export const udpQuerySizeMax = 4_096;
/** Datagrams taken with one system call; past 64 the cost per datagram falls no further. */
export const udpBatchCountMax = 64;
/** Octets that may wait in Node's own queue of a socket before responses are dropped. */
export const dgramSendQueueSizeMax = 1024 * 1024;
/** What network cards wait, too, before they tell of packets under load. */
export const coalesceUsDefault = 100;
/** The same for XDP, where a batch is a smaller part of what a query costs, and waking a larger one. */
export const xdpCoalesceUsDefault = 200;
export const coalesceUsMax = 10_000;
/** Of a core's time this long is lost at most whenever no query comes. */
export const busyPollUsMax = 10_000;
export const listenAddressCountMax = 64;
/** Frames of 4 KiB a queue of an XDP interface: what waits while its worker is held up for ms. */
export const xdpFrameCount = 2_048;
/** Receive queues of one interface; their frames are 1 GiB, which offsets of 31 bits still reach. */
export const xdpQueueCountMax = 128;
/** Addresses and ports whose packets XDP takes: listen addresses, wildcards spelled out. */
export const xdpEndpointCountMax = 4_096;
export const workerCountMax = 256;
export const workerRestartDelayMaxMs = 5_000;
/** Tries to find a port that is free for UDP and TCP. */
export const portPickAttemptCountMax = 32;
export const tcpConnectionCountMaxDefault = 1_000;
/** Of one IPv4 address or one IPv6 /64. */
export const tcpConnectionsPerClientMaxDefault = 100;
/** RFC 7766 §6.2.3: "on the order of a few seconds". */
export const tcpIdleTimeoutMsDefault = 10_000;
/** How often idle connections are looked for. */
export const tcpSweepIntervalMs = 250;
/** What a client may take to read its last answers when the server stops. */
export const tcpFinishTimeoutMs = 250;
/** Answers a slow reader has not taken; past it no more of its queries are read. */
export const tcpUnsentSizeMax = 128 * 1024;
/** Entries of one worker not yet written; more are counted and dropped. */
export const queryLogEntryCountMax = 4_096;
export const queryLogFileSizeMaxDefault = 64 * 1024 * 1024;
/** Files kept, the one being written included. */
export const queryLogFileCountMaxDefault = 8;

// Hosted zones and their records
/** Names followed to see whether an alias leads back to itself. */
export const aliasWalkMax = 100;

// Health checks and traffic policies
/** Checks, and so slots of the status table; a check that is gone keeps its slot while it is used. */
export const healthCheckCountMax = 65_535;
/** Children of a calculated health check: Route 53's quota. */
export const childHealthCheckCountMax = 255;
/** Characters of a traffic policy document. */
export const policyDocumentSizeMax = 102_400;
/** Rules on the longest way from a policy's start to an endpoint. */
export const policyDepthMax = 32;
/** Branches of a policy's tree once every shared rule is written out where it is used. */
export const policyTreeSizeMax = 10_000;
/** Branches of one rule: those of a group of record sets. */
export const policyBranchCountMax = 100;
/** Those of a geoproximity rule. */
export const geoproximityBranchCountMax = 30;
/** Versions of one traffic policy. */
export const policyVersionCountMax = 1_000;
/** Things wrong with a document that one error names. */
export const policyProblemsShownMax = 20;
/** A load, and so a mark of loads: 28 bits. */
export const loadMax = 0xfff_ffff;
/** Characters of one endpoint's value: those of a resource record. */
export const policyValueSizeMax = 4_000;
/** Load metrics that all traffic policies name, and so slots of the load table. */
export const loadMetricCountMax = 4_096;

// Change log and state
/** Entries that share one commit and one fdatasync. */
export const commitGroupCountMax = 1_000;
/** Appends and staged chunks that wait for the store thread, all callers together. */
export const storeQueueCountMax = 10_000;
/** One entry's mutations as JSON. A batch of 1,000 changes stays below 1 MiB. */
export const logEntrySizeMax = 8 * 1024 * 1024;
/** Entries from this size on are compressed in the log. */
export const logEntryPlainSizeMax = 4 * 1024;
/** Sets staged by one call: one transaction of some 50 ms, other writes go on in between. */
export const stageCountMax = 5_000;
/** Rows of dropped zones and imports deleted in one transaction. */
export const purgeCountMax = 5_000;
/** A checkpoint is made when the journal or the write-ahead log passes its size. */
export const journalSizeMax = 16 * 1024 * 1024;
export const walSizeMax = 32 * 1024 * 1024;
/** 1 TiB of pages of 4 KiB; a header that says more is damaged. */
export const databasePageCountMax = 2 ** 28;
/** Tries to read on behind log entries that cannot be read at all. */
export const unreadableEntryCountMax = 10_000;
/** How long a reader waits for SQLite's own short locks (a checkpoint's end, recovery). */
export const readerWaitMs = 5_000;
/** How long a checkpoint waits for readers to finish before it is tried again later. */
export const walReadersWaitMs = 20;
export const checkpointRetryMs = 1_000;

// Import and export of zones
/** Lines of a master file that a report lists; the count it states is of all of them. */
export const importFindingsMax = 100;
/** Records of one RRset as an answer carries them; the rest is header, question and OPT. */
export const rrsetWireSizeMax = 65_000;
/** The same of all RRsets of one owner: what one node of a zone image can hold, with its overhead. */
export const ownerWireSizeMax = 160_000;
/** Octets of a master file handed to the import thread at once, and pieces under way to it. */
export const importPieceSizeMax = 64 * 1024;
export const importPiecesInFlightMax = 8;
/** Sets in one chunk on its way to the store. */
export const importChunkCountMax = 2_000;
/** Chunks under way from the import thread to stable storage. */
export const importChunksInFlightMax = 4;
/** Characters of an export handed out at once, about. */
export const exportPieceSize = 8 * 1024;
/** How long an export may hold its snapshot; the database's write-ahead log grows meanwhile. */
export const exportTimeMaxMs = 10 * 60 * 1000;
/** Tries to append a change while others change the same zone, before the client must try again. */
export const appendAttemptCountMax = 8;
/** How long GetChange knows a change. */
export const changeAgeMaxMs = 30 * 24 * 60 * 60 * 1000;
/** ResourceRecord elements of a change batch; an alias is one, UPSERT counts twice. */
export const batchRecordCountMax = 1_000;
/** Characters of all values of a change batch; UPSERT counts twice. */
export const batchValueSizeMax = 32_000;
/** Tags of one resource. */
export const tagCountMax = 50;
/** How long a change batch may be worked on before others on the thread have a turn. */
export const planSliceMs = 5;

// Master files
/** Characters of one entry; RDATA of 65,535 octets needs at most a quarter of it. */
export const zoneFileRecordSizeMax = 1024 * 1024;

// Packet path
/** Words of 32 bits in one zone image: 1 GiB, about 20 million names. */
export const zoneImageWordsMax = 1 << 28;
/** Octets of a name server identifier (RFC 5001). */
export const nsidSizeMax = 128;
/** CIDR blocks of one ChangeCidrCollection. */
export const cidrBlockCountMax = 1_000;

// Zone images
/**
 * Images in one message between threads: Node looks for each shared buffer of a message among all
 * that came before it (measured: 100,000 take 3.2 s to write in one message, 24 ms in such pieces).
 */
export const imagesPerMessageMax = 256;
/** Programs of one image that its writer remembers, to share them. */
export const knownProgramCountMax = 65_536;

// Compiler
/** Zones from this many sets on are compiled by a thread of their own: more than some 50 ms. */
export const bigZoneRRsetCount = 10_000;
/** Such threads at a time. */
export const buildThreadCountMax = 2;
/** Sets without an answer that one report names. */
export const compileNotesMax = 20;
/** How long a compiler that is to stop may keep images for the next start: 1,000,000 take some 8 s. */
export const compilerStopMaxMs = 30_000;

// Location table
/** Octets of one operator's location file; the largest sold are about half of it. */
export const mmdbSizeMax = 1024 * 1024 * 1024;
/** Visits of a search tree for each of its nodes; there are 2, and more where parts are shared. */
export const mmdbVisitsPerNodeMax = 4;
/** Maps and arrays inside each other; location files have 3. */
export const mmdbDepthMax = 16;
/** Ranges of one family in a location table. */
export const locationRangeCountMax = 2 ** 25;
/** Distinct locations of a table. */
export const locationCountMax = 2 ** 22;
/** Files that one table is made of: one for each family. */
export const locationFileCountMax = 2;
/** How long compiling a table may take. */
export const locationCompileTimeMaxMs = 10 * 60 * 1000;
/** Memory of the thread that compiles a table, its JavaScript objects alone. */
export const locationCompileHeapMiB = 1_024;
/** Age from which on the data is said to be old: past the 30 days in which files are renewed. */
export const locationAgeMaxMs = 45 * 24 * 60 * 60 * 1000;

// Routing
/** Slots of the status table: health checks, and slot 0. */
export const healthSlotCountMax = 65_536;
/** Load metrics that routing can look at. */
export const loadSlotCountMax = 4_097;
/** Groups inside each other in one set's routing tree; aliases begin anew in the set they name. */
export const routingDepthMax = 64;
/** Groups, records and aliases of one set's routing tree. */
export const routingNodeCountMax = 50_000;
export const routingBranchCountMax = 65_535;
/** Branches looked at for one set; past them whatever would be judged counts as healthy. */
export const routingJudgementCountMax = 100_000;
/** Steps of a trace that are kept. */
export const traceEventCountMax = 10_000;

// Health: probes
/** Octets of a body, decompressed, that a string is searched in: as Route 53. */
export const probeBodySizeMax = 5_120;
/** Octets of a compressed body that are read for them; more is no body but a trap. */
export const probeCompressedSizeMax = 64 * 1024;
/** Octets of a response's status line and headers: as Route 53. */
export const probeHeadSizeMax = 16_384;
/** Interim (1xx) responses before the response. */
export const probeInterimCountMax = 8;
/** Connections that are made to measure one round trip time. */
export const probeRttCount = 3;
/** Octets of a gRPC health response, which needs two. */
export const probeGrpcMessageSizeMax = 1_024;
/** How long looking up an endpoint's name may take, all tries with all name servers. */
export const probeLookupTimeoutMs = 4_000;
/** Names looked up at the same time; the next ones wait. */
export const probeLookupCountMax = 256;
/** Scripts that run at the same time; the next ones wait. */
export const probeScriptCountMax = 16;
/** Lookups, and scripts, that wait; more fail at once. */
export const probeQueueCountMax = 65_536;

// Health: checkers and verdict tables
/** Locations that checks run at, those of this process included. */
export const checkerLocationCountMax = 256;
/** Those of one process: each is a thread. */
export const ownLocationCountMax = 32;
/** Octets of a location's name. */
export const checkerLocationNameSizeMax = 63;
/** Octets of a list of checks as JSON: 65,535 of them at some 500, with room. */
export const checkListSizeMax = 64 * 1024 * 1024;
export const checkIntervalMinMs = 1_000;
export const checkIntervalMaxMs = 300_000;
/** CIDR blocks that a list allows among the refused ones. */
export const checkAllowCountMax = 1_000;
/** Probes of one checker under way at once; one more waits and is late. */
export const probesUnderWayMax = 8_192;
/** A table is published this often, changed or not. */
export const verdictPublishIntervalMs = 500;
/** How long a checker's thread that is to stop may take to kill its scripts. */
export const checkerStopMaxMs = 1_000;
/** From a table's first octet to its answer: shorter than the 3 s for which a table counts. */
export const checkerReportTimeoutMs = 2_000;
export const checkListTimeoutMs = 10_000;
/** How soon the same list is fetched again where it does not show in the tables. */
export const checkListRetryMs = 1_000;
/** Octets of the answer to a table. */
export const checkerAnswerSizeMax = 16 * 1024;
/** Probes begun in one turn of the event loop, so that answers are read in between. */
export const probeStartsPerTurnMax = 64;

// Health: votes, calculated checks, notifications
/** Checks inside each other, the innermost one that is not calculated included. */
export const calculatedDepthMax = 16;
/** Calculated checks looked at to see that none leads back to itself. */
export const calculatedWalkMax = 10_000;
/** Locations that one check names. */
export const checkLocationCountMax = 100;
/** Characters of the name of a routing control, a safety rule, a webhook. */
export const healthNameSizeMax = 64;
/** Results in a row that make a verdict. */
export const checkThresholdMax = 100;
/** One step of a probe; Route 53's are 4 to 10 s. */
export const checkTimeoutMaxMs = 60_000;
/** A heartbeat may be as rare as once in 31 days. */
export const heartbeatMaxSeconds = 31 * 24 * 60 * 60;
/** Characters of the token that a heartbeat is sent with. */
export const heartbeatTokenSizeMin = 16;
export const heartbeatTokenSizeMax = 128;
export const routingControlCountMax = 1_000;
export const safetyRuleCountMax = 200;
/** Controls of one safety rule, and of one change of states. */
export const ruleControlCountMax = 100;
export const webhookCountMax = 100;
export const webhookUrlSizeMax = 2_048;
/** Events that wait for one webhook; the oldest are dropped and counted beyond. */
export const webhookQueueCountMax = 20_000;
/** Events of one request. */
export const webhookBatchCountMax = 100;
/** Tries of one request, the first included: with the delays, some 10 minutes. */
export const webhookAttemptCountMax = 8;
export const webhookDelayMinMs = 1_000;
export const webhookDelayMaxMs = 5 * 60 * 1_000;
/** From looking the host up to the end of its answer. */
export const webhookTimeoutMs = 10_000;
/** Deliveries of one webhook that are remembered. */
export const webhookDeliveryCountMax = 100;
/** Checks to whose events one webhook is limited. */
export const webhookCheckCountMax = 1_000;
/** Arguments of a script, and characters of each. */
export const scriptArgumentCountMax = 32;
export const scriptArgumentSizeMax = 1_024;
/** Characters of the expression of a calculated check: room for 255 names and what joins them. */
export const healthExpressionSizeMax = 16_384;
/** Parentheses, NOTs and lists inside each other in one expression. */
export const healthExpressionDepthMax = 32;
/** How long a location's last table counts: six of those that come every half second. */
export const checkerLifeMs = 3_000;
/** From this age on a table alone turns no status round: those of all may be about to expire. */
export const checkerFreshMs = 1_250;
/** A thread that has not looked at the clock for this long trusts no silence in between. */
export const healthStallMs = 1_000;
/** How often statuses are counted although nothing came in: silence, windows and heartbeats. */
export const healthTickMs = 250;
/** The least rest after reading the configuration, or counting, as a multiple of what it took. */
export const healthRestFactor = 4;
/** Events about health kept in the database, for the API; the files beside it keep more. */
export const healthEventCountMax = 20_000;
/** Events not yet written; more are counted and dropped. Ten thousand checks at five locations. */
export const healthEventQueueCountMax = 65_536;
/** Record sets that one event names; the count it states is of all of them. */
export const affectedSetsShownMax = 20;
/** From then on a health thread that says nothing is a problem; it reports every second. */
export const healthSilenceMaxMs = 5_000;
/** Answers that the API waits for at once. */
export const healthQuestionCountMax = 1_000;
/** Metric values handed on at once, so that the API's thread is held for a millisecond or two. */
export const healthDataBatchCount = 500;
export const healthThreadStopMaxMs = 5_000;
export const healthEventFileSizeMaxDefault = 64 * 1024 * 1024;
export const healthEventFileCountMaxDefault = 8;

// Metrics and alarms
/** Different values of one metric and period that are told apart exactly; one datum brings 150. */
export const distributionBinCountMax = 256;
/** Metrics known at a time: more than 10,000 health checks make. Some 1 KiB of memory each. */
export const metricCountMax = 100_000;
/** Values that wait to be written at once; they are written early where more come. */
export const metricQueueCountMax = 50_000;
/** Values on their way to the disk, all callers together; more are refused. */
export const metricInFlightCountMax = 200_000;
/** Values of Signpost's own that are handed to the metrics thread at once. */
export const metricChunkCountMax = 5_000;
/** How long the first of a group of values waits for others to be written with it. */
export const metricFlushDelayMs = 50;
/** The file of metrics, in octets; from here on the oldest values go, whatever their age. */
export const metricFileSizeMaxDefault = 2 * 1024 * 1024 * 1024;
/** Metrics whose old values are joined or dropped in one turn, and rows of each. */
export const metricAgeingCountMax = 64;
export const metricAgeingRowCountMax = 3_600;
/** Questions that wait for the metrics thread. */
export const metricRequestCountMax = 10_000;
/** Metric and composite alarms. */
export const alarmCountMax = 10_000;
/** Alarms evaluated before others on the thread have a turn. */
export const alarmTurnCountMax = 250;
/** History items kept of one alarm, and of all. */
export const alarmHistoryCountMax = 1_000;
export const alarmHistoryTotalMax = 200_000;
/** As at AWS, two weeks. */
export const alarmHistoryAgeMaxMs = 14 * 24 * 60 * 60 * 1000;
/** Elements of a composite alarm's rule, and alarms it names: AWS's quotas. */
export const alarmRuleElementCountMax = 500;
export const alarmRuleChildCountMax = 100;
export const alarmRuleSizeMax = 10_240;
/** Brackets and NOTs inside each other. */
export const alarmRuleDepthMax = 100;
/** Composite alarms one above the other. */
export const alarmNestingMax = 100;
/** A load that has not been reported for so long is not known any more. */
export const loadAgeMaxMs = 3 * 60 * 1000;
/** How often alarms, loads and ages are looked at. */
export const metricsTickMs = 250;
/** A wall clock that is off by more since the last look has jumped. */
export const clockJumpMinMs = 2_000;
/** How long the metrics thread may take to write what waits when it is to stop. */
export const metricsStopMaxMs = 10_000;

// Record extensions
/** Octets of one: a group of 100 sets with the dimensions of their metrics. */
export const recordExtensionSizeMax = 64 * 1024;
/** Of one hosted zone: compiling a zone reads them all. */
export const recordExtensionCountMax = 10_000;

// Resolver: front and cache
/**
 * Octets of the queries of one worker that wait for the resolver thread: some 3,000 of usual size.
 * More are dropped and counted. A power of two.
 */
export const handOverRingSize = 256 * 1024;
/** Memory of the answer cache, in octets. */
export const cacheSizeMin = 1024 * 1024;
export const cacheSizeDefault = 64 * 1024 * 1024;
export const cacheSizeMax = 2 * 1024 * 1024 * 1024;
/** Octets of one answer in it: 64 KiB of message, and where its TTLs are. */
export const cacheEntrySizeMax = 80 * 1024;
/**
 * Answers that are kept for another round to make room for one, on the average of many, and at
 * once: a few milliseconds where all of them stand together.
 */
export const cacheSecondChancesPerPut = 16;
export const cacheSecondChanceCountMax = 4_096;
/** Recursive resolvers of the setting `upstream`. */
export const upstreamCountMax = 16;

// Resolver: resolution
/** Clients' queries that are being resolved; one more is answered SERVFAIL. */
export const resolutionCountMax = 20_000;
/** Questions to servers for one of them: its chain, delegations and DNS64 together. */
export const resolutionAskCountMax = 32;
/** From the query to SERVFAIL: clients ask again, or give up, after some 5 s. */
export const resolutionTimeoutMs = 8_000;
/** Questions to servers under way. */
export const serverQuestionCountMax = 10_000;
/** Delegations followed for one question (DELEGATE rules). */
export const delegationDepthMax = 8;
/** Name servers without an address in the referral that are looked up for it (NXNS). */
export const delegationLookupCountMax = 3;
/** Addresses of name servers that one delegation is asked at. */
export const delegationAddressCountMax = 8;
/** Delegations, and rules, whose answers are told apart in the cache. */
export const sourceNumberCountMax = 50_000;
/** Failing questions remembered (RFC 9520). */
export const failureCountMax = 20_000;
/** How long a failure counts: the first time, and after failing again and again (RFC 9520 §3.2). */
export const failureSecondsMin = 1;
export const failureSecondsMax = 300;
/** Of a positive and of a negative answer, whatever its records say (RFC 2308 §5, RFC 8767 §4). */
export const cacheTtlMaxSecondsDefault = 86_400;
export const negativeTtlMaxSecondsDefault = 3_600;
/** How long after its end an answer may still be given (RFC 8767 §5). */
export const staleMaxSecondsDefault = 86_400;
/** TTL of such an answer, and how long a client waits before it gets one (RFC 8767 §4, §5). */
export const staleTtlSeconds = 30;
export const staleClientTimeoutMs = 1_800;
/** Names that never leave a VPC: TTL of what is said of them. */
export const autodefinedTtlSeconds = 300;
/** TCP queries of one connection that are being resolved; no more are read meanwhile. */
export const tcpPipelineCountMax = 100;
/** How often one trouble is written to the log. */
export const troubleLogIntervalMs = 60_000;
/** Lines about troubles in that time. */
export const troubleLineCountMax = 30;
/** How often it is looked whether upstream resolvers do what VPCs count on. */
export const resolverProblemIntervalMs = 60_000;
/** Troubles told apart. */
export const troubleCountMax = 1_000;
export const resolverThreadStopMaxMs = 3_000;
/** Numbers of views and cache partitions that one resolver thread may give out in its life. */
export const numbersPerThread = 2 ** 24;

// Resolver: upstreams
/** Questions under way at once; more fail as busy. */
export const upstreamQuestionCountMax = 8_192;
/** Sockets and streams that ask, the losers of races that may still answer included. */
export const upstreamTryCountMax = 16_384;
/** Tries under way at one target; the next target is asked for the rest. */
export const upstreamTargetTryCountMax = 4_096;
/** From the first query of a question to its end, whatever the number of its targets. */
export const upstreamTimeoutMs = 4_000;
/** One target asked once, with a connection to be made and a query sent again. */
export const upstreamTryTimeoutMs = 3_000;
/** A datagram may be lost: the same is sent again after so long, then after twice as long. */
export const upstreamResendMs = 800;
/**
 * The next target is asked where the one before has been silent for so long: four deviations over
 * its usual time, within these bounds. A dead target costs the upper one, once.
 */
export const upstreamHedgeMinMs = 100;
export const upstreamHedgeMaxMs = 300;
/** Datagrams to one query that are not its answer; after so many it is asked over TCP alone. */
export const upstreamMismatchCountMax = 16;
/** Targets of one question: a resolver rule has no more. */
export const upstreamTargetsPerQuestionMax = 50;
/** Targets whose speed and health are remembered; those not asked for longest are forgotten. */
export const upstreamTargetCountMax = 10_000;
/** How soon a silent target is asked again beside another: doubled up to the second. */
export const upstreamProbeMinMs = 1_000;
export const upstreamProbeMaxMs = 30_000;
/** One that answers but is never first is asked beside another this often, to know its speed. */
export const upstreamRemeasureMs = 10_000;
/** A speed that was measured so long ago counts no more: the next answer says it alone. */
export const upstreamMeasureAgeMs = 5_000;
/** What a server cannot do (keep the case of letters, EDNS) is tried again after so long. */
export const upstreamQuirkMs = 60 * 60 * 1_000;
/** Queries on their way over one connection, and connections to one target. */
export const upstreamPipelineCountMax = 128;
export const upstreamConnectionCountMax = 4;
/** Connections kept to all targets; more are refused as busy. */
export const upstreamConnectionTotalMax = 4_096;
/** A connection without a query for so long is closed. */
export const upstreamIdleMs = 10_000;
/** Queries over TLS are filled up to a multiple of this (RFC 8467 §4.1). */
export const upstreamPaddingBlockSize = 128;

// Resolver: firewall and query logs
/** Names of all domain lists together; AWS has 100,000. */
export const firewallDomainCountMax = 1_000_000;
/** Names of one imported file, as at AWS; what they take as JSON must fit one entry of the log. */
export const firewallImportCountMax = 250_000;
export const firewallImportSizeMax = 7 * 1024 * 1024;
/** Octets of the file itself, comments included. */
export const firewallFileSizeMax = 32 * 1024 * 1024;
/** Characters of one of its lines. */
export const firewallLineSizeMax = 1_024;
/** Lines that one refusal names; the count it states is of all of them. */
export const firewallFindingsMax = 20;
/** Names of one UpdateFirewallDomains: AWS's. */
export const firewallUpdateCountMax = 1_000;
/** Names kept in one row. */
export const firewallLeafCountMax = 512;
/** Domain lists, rule groups, rules of a group, groups on a VPC: AWS's quotas. */
export const firewallDomainListCountMax = 1_000;
export const firewallRuleGroupCountMax = 1_000;
export const firewallRuleCountMax = 100;
export const firewallAssociationCountMax = 5;
/** Filters kept for the firewalls of all VPCs; those with the same lists share one. */
export const firewallFilterCountMax = 1_000;
/** Entries of one batch of rules. */
export const firewallBatchCountMax = 100;
/** Query log configurations, VPCs of one, and configurations of one VPC. */
export const queryLogConfigCountMax = 20;
export const queryLogAssociationCountMax = 100;
export const queryLogConfigsPerVpcMax = 10;

// Resolver: endpoints, rules, VPCs
/** Octets of a request to Route 53 Resolver: 1,000 domain names of a firewall's list are most. */
export const resolverRequestSizeMax = 1024 * 1024;
/** Things of one page where nothing is said: AWS's. */
export const resolverPageMax = 100;
/** Rows read at once where a filter looks for some of them. */
export const resolverScanRowCount = 1_000;
export const resolverTagCountMax = 200;
/** Endpoints, rules, and what one of them has; AWS allows 4, 1,000 and 6. */
export const resolverEndpointCountMax = 1_000;
export const resolverEndpointAddressCountMax = 20;
export const resolverRuleCountMax = 10_000;
export const resolverRuleTargetCountMax = 50;
export const resolverRuleOfVpcCountMax = 10_000;
/** Sockets of inbound endpoints: one an address and protocol. */
export const inboundListenerCountMax = 500;
/** How often addresses that could not be listened on are tried again. */
export const inboundRetryMs = 5_000;
/** What a client of an inbound endpoint may take for TLS, and for the body of a request. */
export const tlsHandshakeMaxMs = 5_000;
export const httpsBodyMaxMs = 5_000;
/** VPCs known by one Signpost, blocks and subnets of one of them, names with addresses in it. */
export const vpcCountMax = 10_000;
export const vpcCidrCountMax = 50;
export const vpcSubnetCountMax = 200;
export const vpcHostCountMax = 10_000;
export const vpcHostAddressCountMax = 50;
/** Octets of a request about a VPC: all of its subnets. */
export const vpcRequestSizeMax = 64 * 1024;

// Cloud Map
/** Each DNS namespace is a hosted zone. */
export const cloudMapNamespaceCountMax = 10_000;
/** Services of one namespace: counted when one is created. */
export const cloudMapServiceCountMax = 20_000;
/** Instances of one service: AWS's quota. All of them are record sets of one name. */
export const cloudMapInstanceCountMax = 1_000;
/** Attributes of an instance that are the client's own, and of a service: AWS's numbers. */
export const instanceAttributeCountMax = 30;
export const serviceAttributeCountMax = 30;
/** Characters of a key, of a value, and of all keys and values of an instance. */
export const attributeKeySizeMax = 255;
export const attributeValueSizeMax = 1_024;
export const attributesSizeMax = 5_000;
/** How long GetOperation knows an operation; AWS's number. */
export const operationAgeMaxMs = 30 * 24 * 60 * 60 * 1_000;
/** Log entries after which an operation may be forgotten earlier: so many are kept at most. */
export const operationEntryCountMax = 200_000;
/** Rows looked at for one page of a filtered list; the next page goes on from there. */
export const cloudMapScanCountMax = 1_000;
/** Seconds that AWS waits before it applies a custom health status are 30; at most an hour here. */
export const customHealthHoldMaxSeconds = 3_600;

// Containers
/** Running containers that one watcher follows, and instances it keeps. */
export const containerCountMax = 10_000;
export const containerInstanceCountMax = 20_000;
/** Services that the labels of one container name, and characters of the key of each. */
export const containerServiceCountMax = 32;
export const serviceKeySizeMax = 24;
/** Octets of one answer of the Docker Engine: the list of that many containers. */
export const engineAnswerSizeMax = 64 * 1024 * 1024;
/** Octets of one event; labels are repeated in each. */
export const engineEventSizeMax = 1024 * 1024;
export const engineTimeoutMs = 10_000;
export const engineRetryMinMs = 200;
export const engineRetryMaxMs = 5_000;
/** Questions to the Docker Engine, and requests to Cloud Map, that are under way at once. */
export const engineInspectCountMax = 4;
export const registryRequestCountMax = 8;
export const registryTimeoutMs = 10_000;
export const registryRetryMinMs = 200;
export const registryRetryMaxMs = 5_000;
/** After a no that only a change can turn into a yes; comparing everything tries it sooner. */
export const registryRefusedRetryMs = 5 * 60 * 1000;
/** Of a list, before it is taken for endless. */
export const registryPageCountMax = 1_000;
/** How an operation that was started is asked for, and for how long. */
export const operationPollMinMs = 20;
export const operationPollMaxMs = 1_000;
export const operationTimeoutMs = 60_000;
/** How old the list of services may be when a container names one that is not in it. */
export const serviceListAgeMaxMs = 2_000;
/** While something is missing or out of reach, all is compared again after so long. */
export const containerSyncRetryMinMs = 1_000;
export const containerSyncRetryMaxMs = 10_000;
/** A container that still runs so long after its stop began is not being stopped. */
export const containerStopMaxMs = 15 * 60 * 1000;
/** Connections to the watcher's own socket, and to the address of its metrics, at once. */
export const discoverRequestCountMax = 1_000;
