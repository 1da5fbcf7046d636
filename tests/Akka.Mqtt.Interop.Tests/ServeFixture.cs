using Akka.Mqtt.Cli.Tests;

namespace Akka.Mqtt.Interop.Tests;

/// <summary>One server process for the tests of a class; each test has topics and client identifiers of its own.</summary>
public sealed class ServeFixture : IAsyncLifetime
{
    private ServeProcess _serve = null!;

    internal Uri Tcp => _serve.Addresses.Single(each => each.Scheme == "mqtt");

    internal Uri WebSocket => _serve.Addresses.Single(each => each.Scheme == "ws");

    public async Task InitializeAsync() => _serve = await ServeProcess.StartAsync("--port", "0", "--ws-port", "0");

    public async Task DisposeAsync() => await _serve.DisposeAsync();
}
