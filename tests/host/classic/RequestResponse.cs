// The shape of the classic product's C# sample for request-response: HttpClient, PostAsJsonAsync, texts in a table.
// Values was string[,] there; Debian's Mono writes that flat, and string[][] as Json.NET wrote both.
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
        Score().Wait();
    }

    private static async Task Score()
    {
        string url = Environment.GetEnvironmentVariable("URL");
        string apiKey = Environment.GetEnvironmentVariable("KEY");
        using (var client = new HttpClient())
        {
            var request = new
            {
                Inputs = new Dictionary<string, StringTable>
                {
                    {
                        "input1",
                        new StringTable
                        {
                            ColumnNames = new[] { "Purpose", "Amount", "Months" },
                            Values = new[] { new[] { "car", "1500", "12" }, new[] { "boat", "20", "3" } },
                        }
                    },
                },
                GlobalParameters = new Dictionary<string, string>(),
            };
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", apiKey);
            client.BaseAddress = new Uri(url + "/execute?api-version=2.0&details=true");
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
