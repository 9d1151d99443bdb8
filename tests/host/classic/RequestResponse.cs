// The shape of the classic product's two C# samples for request-response: HttpClient, PostAsJsonAsync, texts in a table
// (the older portal) and in records (the newer one). Values was string[,] there; Debian's Mono writes that flat, and
// string[][] as Json.NET wrote both.
using System;
using System.Collections.Generic;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Threading.Tasks;

public class StringTable
{
    public string[] ColumnNames { get; set; }
    public string[][] Values { get; set; }
}

public static class RequestResponse
{
    public static void Main()
    {
        var table = new StringTable
        {
            ColumnNames = new[] { "Purpose", "Amount", "Months" },
            Values = new[] { new[] { "car", "1500", "12" }, new[] { "boat", "20", "3" } },
        };
        var records = new List<Dictionary<string, string>>
        {
            new Dictionary<string, string> { { "Purpose", "car" }, { "Amount", "1500" }, { "Months", "12" } },
            new Dictionary<string, string> { { "Purpose", "boat" }, { "Amount", "20" }, { "Months", "3" } },
        };
        Score("/execute?api-version=2.0&details=true", table).Wait();
        Score("/execute?api-version=2.0&format=swagger", records).Wait();
    }

    private static async Task Score<T>(string path, T rows)
    {
        string url = Environment.GetEnvironmentVariable("URL");
        string apiKey = Environment.GetEnvironmentVariable("KEY");
        using (var client = new HttpClient())
        {
            var request = new
            {
                Inputs = new Dictionary<string, T> { { "input1", rows } },
                GlobalParameters = new Dictionary<string, string>(),
            };
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", apiKey);
            client.BaseAddress = new Uri(url + path);
            HttpResponseMessage response = await client.PostAsJsonAsync("", request);
            string text = await response.Content.ReadAsStringAsync();
            if (response.IsSuccessStatusCode)
            {
                Console.WriteLine(text);
            }
            else
            {
                Console.Error.WriteLine("{0} {1} {2}", response.StatusCode, response.Headers, text);
                Environment.ExitCode = 1;
            }
        }
    }
}
