# The shape of the classic product's two R samples for request-response: RCurl, rjson, texts in a table (the older
# portal) and in records (the newer one).
library("RCurl")
library("rjson")

url = Sys.getenv("URL")
api_key = Sys.getenv("KEY")
answer = basicTextGatherer()
headers = basicHeaderGatherer()

score = function(path, rows) {
  request = list(Inputs = list("input1" = rows), GlobalParameters = setNames(fromJSON("{}"), character(0)))
  answer$reset()
  headers$reset()
  curlPerform(
    url = paste(url, path, sep = ""),
    httpheader = c("Content-Type" = "application/json", "Authorization" = paste("Bearer", api_key, sep = " ")),
    postfields = enc2utf8(toJSON(request)),
    writefunction = answer$update,
    headerfunction = headers$update
  )
  if (headers$value()["status"] >= 400) {
    message(paste(c(headers$value(), answer$value()), collapse = "\n"))
    quit(status = 1)
  }
  cat(toJSON(fromJSON(answer$value())), "\n")
}

table = list(
  "ColumnNames" = list("Purpose", "Amount", "Months"),
  "Values" = list(list("car", "1500", "12"), list("boat", "20", "3"))
)
records = list(
  list("Purpose" = "car", "Amount" = "1500", "Months" = "12"),
  list("Purpose" = "boat", "Amount" = "20", "Months" = "3")
)
score("/execute?api-version=2.0&details=true", table)
score("/execute?api-version=2.0&format=swagger", records)
