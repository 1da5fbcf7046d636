using System.Net;
using System.Text;
using System.Text.Json;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Tests;
using Akka.Mqtt.Tests;

namespace Akka.Mqtt.Cli.Tests;

/// <summary>A dashboard of one of two processes that are a cluster: it lists both, finds and ends clients of either, and drains the other one.</summary>
public sealed class ClusterDashboardSpec
{
    private const int Limit = 60_000; // milliseconds until the nodes know each other

    [Fact]
    public async Task The_clients_of_all_nodes_are_found_banned_and_disconnected_and_a_node_is_drained_by_HTTP()
    {
        await using var cluster = await TwoNodes.StartAsync();
        using var near = await ConnectAsync(cluster.First, "pump-1");
        using var far = await ConnectAsync(cluster.Second, "pump-2");
        var answer = await cluster.UntilAsync("nodes", static answer => // the figures are up to a second old
            answer.GetProperty("nodes").EnumerateArray().All(static each => each.TryGetProperty("figures", out var figures) && figures.ValueKind == JsonValueKind.Object && figures.GetProperty("clients").GetInt32() == 1));
        var nodes = answer.GetProperty("nodes").EnumerateArray().ToList();
        Assert.Equal([(true, "Ready"), (false, "Ready")], nodes.Select(static each => (each.GetProperty("isSelf").GetBoolean(), each.GetProperty("state").GetString()!)));
        var other = nodes[1].GetProperty("node").GetString()!;

        var clients = await cluster.GetAsync("clients?search=PUMP");
        Assert.Equal(["pump-1", "pump-2"], clients.GetProperty("clients").EnumerateArray().Select(static each => each.GetProperty("clientId").GetString()));
        Assert.Equal(other, clients.GetProperty("clients")[1].GetProperty("node").GetString());
        Assert.Equal("pump-1", Assert.Single((await cluster.GetAsync("clients?search=pump&local=true")).GetProperty("clients").EnumerateArray()).GetProperty("clientId").GetString());

        Assert.True((await cluster.PostAsync("client/disconnect", new { clientId = "pump-2" })).GetProperty("wasConnected").GetBoolean());
        Assert.Equal(ReasonCode.AdministrativeAction, (await far.ExpectAsync<Disconnect>()).ReasonCode);
        Assert.Empty((await cluster.PostAsync("bans/add", new { clientId = "pump-2", seconds = 60 })).GetProperty("missing").EnumerateArray());
        using (var banned = await PacketClient.DialAsync(new IPEndPoint(IPAddress.Loopback, cluster.Second.Addresses[0].Port), MqttVersion.V5))
        {
            await banned.SendAsync(new Connect { ClientId = "pump-2" });
            Assert.Equal(ReasonCode.Banned, (await banned.ExpectAsync<ConnAck>()).ReasonCode);
        }
        Assert.True((await cluster.PostAsync("bans/remove", new { clientId = "pump-2" })).GetProperty("changed").GetBoolean());
        (await ConnectAsync(cluster.Second, "pump-2")).Dispose();

        Assert.Equal(HttpStatusCode.NotFound, (await cluster.SendAsync("nodes/drain", new { node = "akka.tcp://nobody@127.0.0.1:1" })).StatusCode);
        using var leaves = await ConnectAsync(cluster.Second, "pump-3");
        Assert.True((await cluster.PostAsync("nodes/drain", new { node = other })).GetProperty("begun").GetBoolean());
        Assert.Equal(ReasonCode.UseAnotherServer, (await leaves.ExpectAsync<Disconnect>()).ReasonCode);
        leaves.Dispose();
        await cluster.UntilAsync("nodes", answer => answer.GetProperty("nodes")[1].GetProperty("state").GetString() == "Left");
    }

    [Fact]
    public async Task Commands_list_the_nodes_and_the_clients_of_all_and_drain_one()
    {
        await using var cluster = await TwoNodes.StartAsync();
        using var far = await ConnectAsync(cluster.Second, "pump-2");
        var url = cluster.Url.ToString();
        var (exitCode, output, _) = await ServeProcess.RunAsync("nodes", "--url", url);
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal((0, 2), (exitCode, lines.Length));
        Assert.All(lines, static line => Assert.Equal(("Ready", "Normal"), (line.Split('\t')[1], line.Split('\t')[5])));
        var other = lines[1].Split('\t')[0];
        var row = (await ServeProcess.RunAsync("clients", "--url", url)).Output.TrimEnd('\n').Split('\t');
        Assert.Equal(("pump-2", "-", "0", other), (row[0], row[2], row[3], row[4]));
        Assert.Equal((0, "pump-2 is disconnected\n", ""), await ServeProcess.RunAsync("kick", "pump-2", "--url", url));
        Assert.Equal((0, $"{other} drains\n", ""), await ServeProcess.RunAsync("nodes", "--drain", other, "--url", url));
        Assert.Equal((1, "", "akka-mqtt: There is no such node.\n"), await ServeProcess.RunAsync("nodes", "--drain", "nobody", "--url", url));
    }

    [BrowserFact]
    public async Task The_page_shows_the_nodes_and_drains_one_after_a_question()
    {
        await using var cluster = await TwoNodes.StartAsync();
        using var far = await ConnectAsync(cluster.Second, "pump-2");
        await using var browser = await Browser.StartAsync();
        await browser.ResizeAsync(1280, 800, isPhone: false);
        await browser.OpenAsync(new Uri(cluster.Url, "/#/clients"));
        await browser.UntilAsync("document.getElementById('clients').innerText.includes('pump-2') && document.getElementById('clients').innerText.includes('akka.tcp://')");
        await browser.ValueAsync("location.hash = '#/nodes'");
        await browser.UntilAsync("document.querySelectorAll('#nodes tbody tr').length === 2 && !document.getElementById('nodes').innerText.includes('Silent')");
        if (Environment.GetEnvironmentVariable("AKKA_MQTT_PICTURES") is { Length: > 0 } folder)
            await File.WriteAllBytesAsync(Path.Combine(folder, "dashboard-nodes.png"), await browser.PictureAsync());
        await browser.ValueAsync("document.querySelectorAll('#nodes button')[1].click()");
        await browser.UntilAsync("document.getElementById('confirm').open");
        await browser.ValueAsync("document.getElementById('confirm-yes').click()");
        await browser.UntilAsync("document.getElementById('notice').textContent.endsWith(' drains.')");
        Assert.Equal(ReasonCode.UseAnotherServer, (await far.ExpectAsync<Disconnect>()).ReasonCode);
        far.Dispose();
        await browser.UntilAsync("document.getElementById('nodes').innerText.includes('Left')"); // it asks again by itself
        Assert.Empty(browser.Problems);
    }

    private static async Task<PacketClient> ConnectAsync(ServeProcess serve, string clientId)
    {
        var client = await PacketClient.DialAsync(new IPEndPoint(IPAddress.Loopback, serve.Addresses[0].Port), MqttVersion.V5);
        await client.SendAsync(new Connect { ClientId = clientId });
        Assert.Equal(ReasonCode.Success, (await client.ExpectAsync<ConnAck>()).ReasonCode);
        return client;
    }

    /// <summary>Two processes that know each other; the first one has a dashboard.</summary>
    private sealed class TwoNodes(ServeProcess first, ServeProcess second) : IAsyncDisposable
    {
        private readonly HttpClient _http = new();

        public ServeProcess First { get; } = first;

        public ServeProcess Second { get; } = second;

        public Uri Url { get; } = first.Addresses.Single(static each => each.Scheme == "http");

        public static async Task<TwoNodes> StartAsync()
        {
            using var port = HeldPort.ToListenOn();
            var first = await ServeProcess.StartAsync("--port", "0", "--http-port", "0", "--cluster-port", $"{port.Port}");
            var cluster = new TwoNodes(first, await ServeProcess.StartAsync("--port", "0", "--cluster-port", "0", "--seed", $"127.0.0.1:{port.Port}"));
            await cluster.UntilAsync("nodes", static answer => answer.GetProperty("nodes").GetArrayLength() == 2
                && answer.GetProperty("nodes").EnumerateArray().All(static each => each.GetProperty("state").GetString() == "Ready"));
            return cluster;
        }

        public async Task<JsonElement> GetAsync(string path) => JsonDocument.Parse(await _http.GetStringAsync(new Uri(Url, $"api/v1/{path}"))).RootElement;

        public async Task<HttpResponseMessage> SendAsync(string path, object body)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Url, $"api/v1/{path}"));
            request.Headers.Add("X-Akka-Mqtt", "test");
            request.Content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");
            return await _http.SendAsync(request);
        }

        public async Task<JsonElement> PostAsync(string path, object body)
        {
            using var response = await SendAsync(path, body);
            var text = await response.Content.ReadAsStringAsync();
            Assert.True(response.IsSuccessStatusCode, text);
            return JsonDocument.Parse(text).RootElement;
        }

        /// <summary>Asks until the answer is as it should be.</summary>
        public async Task<JsonElement> UntilAsync(string path, Func<JsonElement, bool> isSo)
        {
            var until = Environment.TickCount64 + Limit;
            JsonElement answer;
            do
            {
                answer = await GetAsync(path);
                Assert.True(Environment.TickCount64 < until, answer.ToString());
            }
            while (!isSo(answer));
            return answer;
        }

        public async ValueTask DisposeAsync()
        {
            _http.Dispose();
            await First.DisposeAsync();
            await Second.DisposeAsync();
        }
    }
}
