using System.Net;
using System.Net.Sockets;
using Akka.Mqtt.TestKit.Links;
using Akka.Mqtt.TestKit.Probe;
using Akka.TestKit;

namespace Akka.Mqtt.TestKit;

/// <summary>A fake server: listens on TCP and returns a <see cref="MqttProbe"/> for each client. One thread at a time.</summary>
public sealed class MqttServerProbe : IAsyncDisposable, IDisposable
{
    private readonly TestKitBase _testKit;
    private readonly Socket _listener;
    private int _accepted;

    internal MqttServerProbe(TestKitBase testKit, IPEndPoint endPoint)
    {
        ArgumentNullException.ThrowIfNull(testKit);
        _testKit = testKit;
        _listener = Sockets.Listen(endPoint);
        EndPoint = (IPEndPoint)_listener.LocalEndPoint!;
        testKit.Sys.WhenTerminated.ContinueWith(_ => Dispose(), TaskScheduler.Default);
    }

    /// <summary>The address on which it listens, with the port that the operating system chose.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>The host for the client under test.</summary>
    public string Host => EndPoint.Address.ToString();

    /// <summary>The port for the client under test.</summary>
    public int Port => EndPoint.Port;

    /// <summary>Waits for the next client.</summary>
    /// <param name="timeout">How long to wait; null for the default of the test kit.</param>
    /// <returns>A probe that acts as the server for that client; nothing has been read yet.</returns>
    public async Task<MqttProbe> AcceptAsync(TimeSpan? timeout = null)
    {
        var limit = _testKit.RemainingOrDilated(timeout);
        using var cancel = new CancellationTokenSource(limit);
        try
        {
            var socket = await _listener.AcceptAsync(cancel.Token).ConfigureAwait(false);
            socket.NoDelay = true;
            return new MqttProbe(_testKit, new NetworkStream(socket, ownsSocket: true), null, $"server probe {++_accepted} at {EndPoint}");
        }
        catch (OperationCanceledException)
        {
            throw ProbeFailures.Of(_testKit, $"No client connected to the server probe at {EndPoint} for {limit}.");
        }
    }

    /// <summary>Waits for the next client, blocking.</summary>
    /// <param name="timeout">How long to wait; null for the default of the test kit.</param>
    /// <returns>A probe that acts as the server for that client.</returns>
    public MqttProbe Accept(TimeSpan? timeout = null) => AcceptAsync(timeout).GetAwaiter().GetResult();

    /// <summary>Stops listening: the next client is refused. Probes that were returned before stay connected.</summary>
    public void Dispose() => _listener.Dispose();

    /// <summary>Stops listening.</summary>
    /// <returns>A completed task.</returns>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }
}
