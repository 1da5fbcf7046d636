using System.Net;
using System.Text;
using Akka.Mqtt.Dashboard.Page;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Dashboard.Tests;

/// <summary>Texts that strangers have chosen, on their way to the page.</summary>
public sealed class PageSpec(Site site) : IClassFixture<Site>
{
    private const string Script = "<img src=x onerror=alert(1)>'\"</script><script>alert(1)</script>";

    [Theory]
    [InlineData("innerHTML")]
    [InlineData("outerHTML")]
    [InlineData("insertAdjacentHTML")]
    [InlineData("document.write")]
    [InlineData("createContextualFragment")]
    [InlineData("eval(")]
    [InlineData("new Function")]
    [InlineData("setAttribute('on")]
    public void The_page_never_makes_HTML_or_code_of_text(string word)
    {
        foreach (var (path, _, bytes) in PageFiles.All)
            Assert.False(Encoding.UTF8.GetString(bytes).Contains(word, StringComparison.Ordinal), $"{path} has {word}");
    }

    [Theory]
    [InlineData("")]
    [InlineData("dashboard.js")]
    [InlineData("dashboard.css")]
    [InlineData("openapi.json")]
    [InlineData("api/v1/server")]
    [InlineData("api/v1/retained/message?topic=nothing")]
    public async Task Every_answer_forbids_scripts_of_others_and_guessing_of_types(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(site.Root, $"/dash/{path}"));
        request.Headers.Authorization = new("Bearer", site.Reader);
        using var response = await site.Http.SendAsync(request);
        Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal("same-origin", Assert.Single(response.Headers.GetValues("Cross-Origin-Resource-Policy")));
        var policy = Assert.Single(response.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_client_has_chosen_is_escaped_in_the_JSON_too()
    {
        await using var client = await site.ClientAsync(Script);
        await client.PublishAsync(new Publish($"page/{Script}", Script) { Retain = true, QoS = QualityOfService.AtLeastOnce });
        foreach (var path in new[] { "clients", $"client?id={Uri.EscapeDataString(Script)}", "retained?topic=page", $"retained/message?topic={Uri.EscapeDataString($"page/{Script}")}" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(site.Root, $"/dash/api/v1/{path}"));
            request.Headers.Authorization = new("Bearer", site.Reader);
            using var response = await site.Http.SendAsync(request);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            var text = await response.Content.ReadAsStringAsync();
            Assert.DoesNotContain("<", text, StringComparison.Ordinal);
            Assert.Contains("onerror=alert(1)", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Busy_clients_come_first_with_their_rates()
    {
        await using var quiet = await site.ClientAsync("busy-quiet");
        await using var busy = await site.ClientAsync("busy-busy");
        await busy.PublishAsync("busy", new string('x', 100_000), QualityOfService.AtLeastOnce);
        var clients = (await site.GetAsync("clients/busy?limit=200")).GetProperty("clients").EnumerateArray().Where(each => each.GetProperty("clientId").GetString()!.StartsWith("busy-", StringComparison.Ordinal)).ToList();
        Assert.Equal(["busy-busy", "busy-quiet"], clients.Select(each => each.GetProperty("clientId").GetString()));
        Assert.InRange(clients[0].GetProperty("bytesReceived").GetInt64(), 100_000, 110_000);
        Assert.InRange(clients[0].GetProperty("receivedPerSecond").GetDouble(), 1, double.MaxValue);
        Assert.Single((await site.GetAsync("clients/busy?limit=1")).GetProperty("clients").EnumerateArray());
    }
}
