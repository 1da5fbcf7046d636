using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Akka.Actor;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Dashboard.Tests;

/// <summary>The HTTP API of a server that runs.</summary>
public sealed class DashboardApiSpec(Site site) : IClassFixture<Site>
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Clients_are_found_by_a_part_of_their_identifier_and_paged()
    {
        await using var first = await site.ClientAsync("page-a");
        await using var second = await site.ClientAsync("PAGE-b");
        await using var other = await site.ClientAsync("another");
        var page = await site.GetAsync("clients?search=page-&limit=1");
        Assert.Equal(["PAGE-b"], Ids(page));
        Assert.Equal(2, page.GetProperty("total").GetInt32());
        var next = await site.GetAsync($"clients?search=page-&limit=1&after={page.GetProperty("next").GetString()}");
        Assert.Equal(["page-a"], Ids(next));
        Assert.Empty(Ids(await site.GetAsync("clients?search=page-&after=page-a")));
        var row = next.GetProperty("clients")[0];
        Assert.StartsWith("127.0.0.1:", row.GetProperty("connection").GetProperty("address").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_is_inspected_with_its_subscriptions_and_last_packets_whatever_its_identifier_is()
    {
        const string id = "a/b?c=d&e #%2F\"<script>";
        await using var client = await site.ClientAsync(id);
        await client.PublishAsync("inspected", "12345", QualityOfService.AtLeastOnce);
        var state = await site.GetAsync($"client?id={Uri.EscapeDataString(id)}");
        Assert.Equal(id, state.GetProperty("clientId").GetString());
        Assert.Equal(1, state.GetProperty("messagesReceived").GetInt64());
        Assert.Equal(0, state.GetProperty("mailboxMessages").GetInt32());
        Assert.Contains(state.GetProperty("lastPackets").EnumerateArray(), packet => packet.GetProperty("topic").GetString() == "inspected" && packet.GetProperty("size").GetInt32() == 5);
        Assert.Equal((HttpStatusCode.NotFound, "There is no session of this client."), await FailureAsync(site.Reader, "GET", "client?id=nobody"));
    }

    [Fact]
    public async Task A_client_is_disconnected_and_the_action_is_an_event_with_the_name_of_the_user()
    {
        var actions = new BlockingCollection<MqttDashboardAction>();
        var watcher = site.System.ActorOf(Props.Create(() => new Watcher(actions)));
        site.System.EventStream.Subscribe(watcher, typeof(MqttDashboardAction));
        await using var client = await site.ClientAsync("unwanted");
        Assert.True((await site.PostAsync("client/disconnect", """{"clientId":"unwanted"}""")).GetProperty("wasConnected").GetBoolean());
        Assert.True(actions.TryTake(out var action, Soon));
        Assert.Equal(("ops", "127.0.0.1", "POST api/v1/client/disconnect", "unwanted", "done"), (action.User, action.Address, action.Action, action.Subject, action.Outcome));
        Assert.Equal((HttpStatusCode.NotFound, "There is no session of this client."), await FailureAsync(site.Admin, "POST", "client/disconnect", """{"clientId":"nobody"}"""));
        Assert.True(actions.TryTake(out action, Soon));
        Assert.Equal("There is no session of this client.", action.Outcome);
    }

    [Fact]
    public async Task A_banned_client_is_refused_until_the_ban_ends()
    {
        await site.PostAsync("bans/add", """{"clientId":"banned","seconds":60}""");
        var ban = Assert.Single((await site.GetAsync("bans")).GetProperty("bans").EnumerateArray(), each => each.GetProperty("clientId").GetString() == "banned");
        Assert.NotEqual(JsonValueKind.Null, ban.GetProperty("until").ValueKind);
        var refused = await Assert.ThrowsAsync<MqttClientException>(() => site.ClientAsync("banned"));
        Assert.Contains("Banned", refused.Message, StringComparison.Ordinal);
        Assert.Contains((await site.GetAsync("refused")).GetProperty("clients").EnumerateArray(), each => each.GetProperty("clientId").GetString() == "banned" && each.GetProperty("code").GetInt32() == 0x8A);
        Assert.True((await site.PostAsync("bans/remove", """{"clientId":"banned"}""")).GetProperty("changed").GetBoolean());
        await using var client = await site.ClientAsync("banned");
        Assert.False((await site.PostAsync("bans/remove", """{"clientId":"banned"}""")).GetProperty("changed").GetBoolean());
    }

    [Fact]
    public async Task Retained_messages_are_a_tree_and_can_be_published_and_cleared()
    {
        foreach (var topic in (string[])["tree/a", "tree/b/c", "tree/b"])
            await site.PostAsync("publish", JsonSerializer.Serialize(new { topic, text = "on", retain = true, qos = 1 }));
        var page = await site.GetAsync("retained?topic=tree&limit=1");
        Assert.Equal(("a", true, false, "a"), LevelOf(page));
        page = await site.GetAsync("retained?topic=tree&limit=1&after=a");
        Assert.Equal(("b", true, true, null), LevelOf(page));
        Assert.Contains((await site.GetAsync("retained")).GetProperty("levels").EnumerateArray(), each => each.GetProperty("level").GetString() == "tree");
        var message = await site.GetAsync("retained/message?topic=tree/b/c");
        Assert.Equal(("on", "b24=", 1), (message.GetProperty("text").GetString(), message.GetProperty("base64").GetString(), message.GetProperty("qos").GetInt32()));
        await site.PostAsync("retained/clear", """{"topic":"tree/b/c"}""");
        Assert.Equal(HttpStatusCode.NotFound, (await FailureAsync(site.Reader, "GET", "retained/message?topic=tree/b/c")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await FailureAsync(site.Admin, "POST", "retained/clear", """{"topic":"tree/b/c"}""")).Status);
    }

    [Fact]
    public async Task Filters_are_found_with_the_numbers_of_their_subscribers()
    {
        var subscriber = site.System.ActorOf(Props.Create(() => new Watcher(new BlockingCollection<MqttDashboardAction>())));
        foreach (var filter in (string[])["watched/+", "watched/+", "$share/group/watched/#"])
            await site.Server.SubscribeAsync(filter, subscriber);
        var page = await site.GetAsync("subscriptions?search=WATCHED");
        Assert.Equal(["watched/#", "watched/+"], page.GetProperty("filters").EnumerateArray().Select(each => each.GetProperty("filter").GetString()));
        Assert.Equal([0, 2], page.GetProperty("filters").EnumerateArray().Select(each => each.GetProperty("subscribers").GetInt32()));
        var group = Assert.Single(page.GetProperty("filters")[0].GetProperty("groups").EnumerateArray());
        Assert.Equal(("group", 1), (group.GetProperty("name").GetString(), group.GetProperty("members").GetInt32()));
        page = await site.GetAsync("subscriptions?search=watched&limit=1");
        Assert.Equal((2, "watched/#"), (page.GetProperty("total").GetInt32(), page.GetProperty("next").GetString()));
        page = await site.GetAsync("subscriptions?search=watched&limit=1&after=watched/%23");
        Assert.Equal("watched/+", Assert.Single(page.GetProperty("filters").EnumerateArray()).GetProperty("filter").GetString());
        Assert.Equal(JsonValueKind.Null, page.GetProperty("next").ValueKind);
    }

    [Fact]
    public async Task A_payload_that_is_no_text_comes_as_base64_alone()
    {
        await site.PostAsync("publish", """{"topic":"bytes","base64":"/wA=","retain":true}""");
        var message = await site.GetAsync("retained/message?topic=bytes");
        Assert.Equal((JsonValueKind.Null, "/wA="), (message.GetProperty("text").ValueKind, message.GetProperty("base64").GetString()));
    }

    [Fact]
    public async Task The_server_tells_its_sums_drops_and_refusals()
    {
        await using var client = await site.ClientAsync("counted");
        var server = await site.GetAsync("server");
        Assert.Equal(site.Server.Name, server.GetProperty("name").GetString());
        Assert.True(server.GetProperty("clients").GetInt64() > 0);
        Assert.Contains(server.GetProperty("drops").EnumerateArray(), each => each.GetProperty("reason").GetString() == "QueueFull");
        Assert.Contains(server.GetProperty("memory").EnumerateArray(), each => each.GetProperty("kind").GetString() == "Queued" && each.GetProperty("limit").GetInt64() > 0);
        var listener = Assert.Single((await site.GetAsync("listeners")).GetProperty("listeners").EnumerateArray());
        Assert.Equal(site.MqttUrl, Assert.Single(listener.GetProperty("addresses").EnumerateArray()).GetString());
    }

    [Theory]
    [InlineData("GET", "clients?limit=0", null, 400, "limit is not a number from 1 to 1000.")]
    [InlineData("GET", "clients?limit=1001", null, 400, "limit is not a number from 1 to 1000.")]
    [InlineData("GET", "clients?limit=1&limit=2", null, 400, "limit occurs 2 times.")]
    [InlineData("GET", "clients?connected=maybe", null, 400, "connected is neither true nor false.")]
    [InlineData("GET", "client", null, 400, "id is missing.")]
    [InlineData("POST", "publish", "{}", 400, "The body does not match the API description, at $.")]
    [InlineData("POST", "publish", "null", 400, "The body is null.")]
    [InlineData("POST", "publish", "{\"topic\":null}", 400, "The body does not match the API description, at $.topic.")]
    [InlineData("POST", "publish", "{\"topic\":\"a\",\"what\":1}", 400, "The body does not match the API description, at $.what.")]
    [InlineData("POST", "publish", "{\"topic\":\"a\",\"qos\":3}", 400, "qos is out of range: 0 to 2.")]
    [InlineData("POST", "publish", "{\"topic\":\"a/#\"}", 400, "topic is not a topic name.")]
    [InlineData("POST", "publish", "{\"topic\":\"a\",\"base64\":\"?\"}", 400, "base64 is not valid base64.")]
    [InlineData("POST", "publish", "{\"topic\":\"$SYS/x\"}", 409, "The server refused the message: NotAuthorized (0x87).")]
    [InlineData("POST", "bans/add", "{}", 400, "Either clientId or address is required.")]
    [InlineData("POST", "bans/add", "{\"address\":\"nowhere\"}", 400, "address is not an IP address.")]
    [InlineData("POST", "bans/add", "{\"clientId\":\"x\",\"seconds\":0}", 400, "seconds is out of range: 1 to 315360000.")]
    public async Task Wrong_input_gets_one_clear_line(string method, string path, string? body, int status, string error) =>
        Assert.Equal(((HttpStatusCode)status, error), await FailureAsync(site.Admin, method, path, body));

    [Fact]
    public async Task Input_that_is_too_large_is_refused()
    {
        Assert.Equal(HttpStatusCode.BadRequest, (await FailureAsync(site.Reader, "GET", $"clients?search={new string('x', 257)}")).Status);
        var text = new string('x', 600 * 1024);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await FailureAsync(site.Admin, "POST", "publish", $$"""{"topic":"a","text":"{{text}}"}""")).Status);
        text = new string('x', 300 * 1024);
        Assert.Equal(
            (HttpStatusCode.RequestEntityTooLarge, "The payload is larger than 262144 bytes."),
            await FailureAsync(site.Admin, "POST", "publish", $$"""{"topic":"a","text":"{{text}}"}"""));
    }

    [Fact]
    public async Task A_body_of_unknown_length_that_is_too_large_is_refused()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(site.Root, "/dash/api/v1/publish"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", site.Admin);
        request.Headers.TransferEncodingChunked = true;
        request.Content = new StreamContent(new MemoryStream(Encoding.UTF8.GetBytes(new string(' ', 600 * 1024))));
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var response = await site.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
    }

    [Fact]
    public async Task A_form_of_another_page_does_nothing()
    {
        foreach (var type in (string[])["application/x-www-form-urlencoded", "text/plain"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(site.Root, "/open/api/v1/publish"));
            request.Content = new StringContent("""{"topic":"forged","text":"x","retain":true}""", Encoding.UTF8, type);
            using var response = await site.Http.SendAsync(request);
            Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode); // it lacks the header that a form cannot send
            using var second = new HttpRequestMessage(HttpMethod.Post, new Uri(site.Root, "/open/api/v1/publish"));
            second.Headers.Add("X-Akka-Mqtt", "1");
            second.Content = new StringContent("""{"topic":"forged","text":"x","retain":true}""", Encoding.UTF8, type);
            using var answer = await site.Http.SendAsync(second);
            Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.StatusCode);
        }
        Assert.Null(site.Server.Context.Retained.Get("forged"));
    }

    [Fact]
    public async Task Every_operation_refuses_who_has_no_token_and_every_action_refuses_who_may_only_read()
    {
        foreach (var operation in Api.Operations.All)
        {
            var path = operation.Path[Api.Operations.Root.Length..];
            Assert.Equal((path, HttpStatusCode.Unauthorized), (path, (await FailureAsync("wrong", operation.Method, path)).Status));
            if (operation.IsAction)
                Assert.Equal((path, HttpStatusCode.Forbidden), (path, (await FailureAsync(site.Reader, operation.Method, path, "{}")).Status));
        }
        Assert.Equal(HttpStatusCode.Unauthorized, (await FailureAsync("wrong", "GET", "live")).Status);
    }

    [Fact]
    public async Task Live_figures_come_as_events_and_no_more_than_the_limit_may_watch()
    {
        using var first = await WatchAsync(site.Reader);
        using var tooMany = await WatchAsync(site.Reader); // half of the places for one token
        Assert.Equal(HttpStatusCode.ServiceUnavailable, tooMany.StatusCode);
        using var second = await WatchAsync(site.Admin);
        using var third = await WatchAsync(site.Admin);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, third.StatusCode);
        Assert.Equal("text/event-stream", first.Content.Headers.ContentType!.MediaType);
        using var deadline = new CancellationTokenSource(Soon);
        var lines = new List<string?>();
        foreach (var response in (HttpResponseMessage[])[first, second])
        {
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(deadline.Token));
            lines.Add(await reader.ReadLineAsync(deadline.Token));
        }
        Assert.All(lines, line => Assert.StartsWith("data: {\"at\":", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_page_and_the_description_are_there_without_a_token_and_forbid_what_is_not_of_this_server()
    {
        foreach (var (path, type) in ((string, string)[])[("", "text/html"), ("dashboard.js", "text/javascript"), ("dashboard.css", "text/css"), ("openapi.json", "application/json")])
        {
            using var response = await site.Http.GetAsync(new Uri(site.Root, $"/dash/{path}"));
            Assert.Equal((HttpStatusCode.OK, type), (response.StatusCode, response.Content.Headers.ContentType!.MediaType));
            Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
            Assert.StartsWith("default-src 'none'; script-src 'self';", response.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        }
        using var redirected = await site.Http.GetAsync(new Uri(site.Root, "/dash"));
        Assert.EndsWith("/dash/", redirected.RequestMessage!.RequestUri!.AbsolutePath, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Ids(JsonElement page) => page.GetProperty("clients").EnumerateArray().Select(each => each.GetProperty("clientId").GetString()!);

    private static (string Level, bool HasMessage, bool HasMore, string? Next) LevelOf(JsonElement page)
    {
        var row = Assert.Single(page.GetProperty("levels").EnumerateArray());
        return (row.GetProperty("level").GetString()!, row.GetProperty("hasMessage").GetBoolean(), row.GetProperty("hasMore").GetBoolean(), page.GetProperty("next").GetString());
    }

    private async Task<(HttpStatusCode Status, string? Error)> FailureAsync(string token, string method, string path, string? body = null)
    {
        var (status, answer) = await site.AskAsync(token, method, path, body);
        return (status, answer.GetProperty("error").GetString());
    }

    private async Task<HttpResponseMessage> WatchAsync(string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(site.Root, "/dash/api/v1/live"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await site.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    private sealed class Watcher : ReceiveActor
    {
        public Watcher(BlockingCollection<MqttDashboardAction> actions) => Receive<MqttDashboardAction>(action =>
        {
            if (action.Action.EndsWith("client/disconnect", StringComparison.Ordinal))
                actions.Add(action);
        });
    }
}
