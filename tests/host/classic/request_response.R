# The shape of the classic product's R sample for request-response: RCurl, rjson, texts in a table.
library("RCurl")
library("rjson")

url = Sys.getenv("URL")
api_key = Sys.getenv("KEY")
answer = basicTextGatherer()
headers = basicHeaderGatherer()
request = list(
  Inputs = list(
    "input1" = list(
      "ColumnNames" = list("Purpose", "Amount", "Months"),
      "Values" = list(list("car", "1500", "12"), list("boat", "20", "3"))
    )
  ),
  GlobalParameters = setNames(fromJSON("{}"), character(0))
)
answer$reset()
invisible(curlPerform(
  url = paste(url, "/execute?api-version=2.0&details=true", sep = ""),
  httpheader = c("Content-Type" = "application/json", "Authorization" = paste("Bearer", api_key, sep = " ")),
  postfields = enc2utf8(toJSON(request)),
  writefunction = answer$update,
  headerfunction = headers$update
))
if (headers$value()["status"] >= 400) {
  message(paste(c(headers$value(), answer$value()), collapse = "\n"))
  quit(status = 1)
}
result = fromJSON(answer$value())
cat(toJSON(result))
