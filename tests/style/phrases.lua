--- Phrases that readers stumble over. Words are separated by a blank, which stands for any white space; | separates
-- alternatives of a word. Each has a remedy, and an example that the check must find. after lists the words behind
-- which the phrase is right.
return {
  { "what is|are|was|were|came|comes|has|had", remedy = "use a noun", example = "what\nis there" },
  { "what it|they has|have|had|holds|hold|held", remedy = "use a noun: its memory", example = "what they hold" },
  { "what|that|as|so|all there is|are|was|were", remedy = "leave it out, or use a noun", example = "that there is" },
  { "as it|they is|are|was|were", remedy = "say how", example = "as it is." },
  { "whose|whom", remedy = "things are that or which; or use with", example = "a flow whose server answers" },
  { "who", remedy = "things are that or which", example = "the worker who dies",
    after = "people person somebody someone everybody everyone anybody anyone those user users author "
      .. "authors operator operators researcher researchers" },
  { "tell|tells|told|telling", remedy = "report, send, say, show, distinguish", example = "(the log tells)" },
  { "none", remedy = "say no, 0, or without", example = "there is none." },
  { "nobody|nowhere", remedy = "make a component the subject", example = "Nobody waits" },
  { "nothing is|was|comes|came|waits|has|holds|of",
    remedy = "say which thing does not", example = "nothing waits" },
  { "says|say|said nothing", remedy = "return nil, give no answer", example = "it says nothing" },
  { "of late", remedy = "recently", example = "seen of late" },
  { "come|comes|came of", remedy = "result from", example = "whatever comes of it" },
  { "one|ones that", remedy = "name the thing", example = "one that fails" },
  { "to be had", remedy = "be available, exist", example = "not to be had" },
  { "is|are|was|were had", remedy = "be available, exist", example = "it is had" },
  { "so that it|they be", remedy = "so that it is", example = "so that it be read" },
  { "anew", remedy = "again", example = "loaded anew" },
  { "for want of", remedy = "for lack of", example = "for want of room" },
  { "and the like", remedy = "and similar", example = "pcall and the like" },
  { "stands|stood there|here|in", remedy = "is in", example = "it stands in the file" },
}
