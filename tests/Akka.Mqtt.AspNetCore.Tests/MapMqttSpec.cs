using System.Net;
using System.Net.WebSockets;
using Akka.Configuration;
using Akka.Mqtt.Transport;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.AspNetCore.Tests;

/// <summary>Who is let in at a WebSocket endpoint, and what it does to those who break the rules.</summary>
public sealed class MapMqttSpec : Akka.TestKit.Xunit2.TestKit, IAsyncLifetime
{
    private readonly MqttConnectionSettings _settings = MqttConnectionSettings.Create((Config?)null);
    private KestrelServer? _server;

    public MapMqttSpec(ITestOutputHelper output)
        : base(TestSystem.Configured("akka.test.single-expect-default = 10s"), output: output)
    {
    }

    public async Task InitializeAsync() => _server = await KestrelServer.StartAsync(
        app =>
        {
            app.MapMqtt(
                "/mqtt", Sys, TestActor, new MqttConnectionOptions { Manager = TestActor, AllowedOrigins = ["https://good.example"] });
            app.UseWebSockets();
            app.Map("/none", (HttpContext context) => AcceptAsync(context, null));
            app.Map("/other", (HttpContext context) => AcceptAsync(context, "other"));
        },
        certificate: null);

    public async Task DisposeAsync() => await _server!.DisposeAsync();

    [Fact]
    public async Task A_request_that_is_no_WebSocket_must_get_426()
    {
        using var http = new HttpClient();

        var answer = await http.GetAsync(new Uri($"http://{_server!.Address}/mqtt"));

        Assert.Equal(HttpStatusCode.UpgradeRequired, answer.StatusCode);
    }

    [Fact]
    [Proves("3.1.1", "MQTT-6.0.0-3")]
    [Proves("5.0", "MQTT-6.0.0-3")]
    public async Task A_client_that_does_not_offer_mqtt_must_get_400()
    {
        using var client = new ClientWebSocket();
        client.Options.CollectHttpResponseDetails = true;
        client.Options.AddSubProtocol("mqttv9");

        await Assert.ThrowsAsync<WebSocketException>(() => client.ConnectAsync(new Uri($"ws://{_server!.Address}/mqtt"), default));

        Assert.Equal(HttpStatusCode.BadRequest, client.HttpStatusCode);
    }

    [Fact]
    [Proves("3.1.1", "MQTT-6.0.0-4")]
    [Proves("5.0", "MQTT-6.0.0-4")]
    public async Task A_client_must_get_mqtt_selected_out_of_many()
    {
        using var client = new ClientWebSocket();
        client.Options.AddSubProtocol("mqttv9");
        client.Options.AddSubProtocol("mqtt");

        await client.ConnectAsync(new Uri($"ws://{_server!.Address}/mqtt"), default);

        Assert.Equal("mqtt", client.SubProtocol);
    }

    [Theory]
    [InlineData("/none", "did not select the sub-protocol 'mqtt'")]
    [InlineData("/other", "sub-protocol")]
    [InlineData("/missing", "HTTP status 404")]
    public async Task A_server_that_does_not_speak_mqtt_must_be_refused_with_a_clear_message(string path, string expected)
    {
        var failure = await FailureAsync(new UriEndPoint(new Uri($"ws://{_server!.Address}{path}")));

        Assert.Equal(CommandFailure.WebSocketFailed, failure.Reason);
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_browser_of_another_origin_must_be_refused_and_the_right_one_taken()
    {
        var address = new UriEndPoint(new Uri($"ws://{_server!.Address}/mqtt"));
        var evil = new UriEndPoint(address.Uri) { Headers = new Dictionary<string, string> { ["Origin"] = "https://evil.example" } };
        var good = new UriEndPoint(address.Uri) { Headers = new Dictionary<string, string> { ["Origin"] = "https://good.example" } };

        var failure = await FailureAsync(evil);
        Assert.Contains("HTTP status 403", failure.Message, StringComparison.Ordinal);
        await using var stream = (await DialAsync(good)).Stream;
    }

    [Fact]
    [Proves("3.1.1", "MQTT-6.0.0-1")]
    [Proves("5.0", "MQTT-6.0.0-1")]
    public async Task A_text_frame_must_close_the_connection_with_1003()
    {
        using var client = await RawClientAsync();
        var attach = await ExpectMsgAsync<Mqtt.Attach>();
        Sys.ActorOf(StreamConnectionActor.Props(new StreamLink(attach.Stream, attach.Transport), _settings)).Tell(new Link.Register(TestActor), TestActor);

        await client.SendAsync("text"u8.ToArray(), WebSocketMessageType.Text, true, default);

        var closed = await ExpectMsgAsync<Link.ErrorClosed>();
        Assert.Contains("text frame", closed.Cause, StringComparison.Ordinal);
        var answer = await client.ReceiveAsync(new byte[16], default);
        Assert.Equal(WebSocketMessageType.Close, answer.MessageType);
        Assert.Equal(WebSocketCloseStatus.InvalidMessageType, answer.CloseStatus);
    }

    [Fact]
    [Proves("3.1.1", "MQTT-6.0.0-2")]
    [Proves("5.0", "MQTT-6.0.0-2")]
    [Proves("5.0", "U-6-1")]
    public async Task Bytes_must_arrive_however_they_are_split_into_frames()
    {
        using var client = await RawClientAsync();
        var attach = await ExpectMsgAsync<Mqtt.Attach>();
        Sys.ActorOf(StreamConnectionActor.Props(new StreamLink(attach.Stream, attach.Transport), _settings)).Tell(new Link.Register(TestActor), TestActor);

        await client.SendAsync(new byte[] { 1 }, WebSocketMessageType.Binary, false, default);
        await client.SendAsync(Array.Empty<byte>(), WebSocketMessageType.Binary, true, default);
        await client.SendAsync(new byte[] { 2, 3 }, WebSocketMessageType.Binary, true, default);
        await client.SendAsync(Array.Empty<byte>(), WebSocketMessageType.Binary, true, default);
        await client.SendAsync(new byte[] { 4 }, WebSocketMessageType.Binary, true, default);

        var received = new List<byte>();
        while (received.Count < 4)
            received.AddRange((await ExpectMsgAsync<Link.Received>()).Bytes.ToArray());
        Assert.Equal([1, 2, 3, 4], received);
        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
        await ExpectMsgAsync<Link.PeerClosed>();
    }

    private static async Task AcceptAsync(HttpContext context, string? subProtocol)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync(subProtocol);
        try
        {
            await socket.ReceiveAsync(new byte[1], context.RequestAborted);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // The client went.
        }
    }

    private async Task<ClientWebSocket> RawClientAsync()
    {
        var client = new ClientWebSocket();
        client.Options.AddSubProtocol("mqtt");
        await client.ConnectAsync(new Uri($"ws://{_server!.Address}/mqtt"), default);
        return client;
    }

    private Task<StreamLink> DialAsync(UriEndPoint address) =>
        StreamTransport.DialAsync(new Mqtt.Connect(address), _settings, new InMemoryNetwork(), default);

    private Task<TransportException> FailureAsync(UriEndPoint address) => Assert.ThrowsAsync<TransportException>(() => DialAsync(address));
}
