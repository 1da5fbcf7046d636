using System.Net;
using System.Net.Sockets;

namespace Akka.Mqtt.Soak.ClientFaults;

/// <summary>Passes the bytes of one client on to a server, and does to them what a <see cref="FaultPlan"/> says.</summary>
internal sealed class FaultProxy : IDisposable
{
    private readonly Socket _listener;
    private readonly IPEndPoint _server;
    private readonly FaultPlan _plan;
    private readonly string _client;
    private readonly PacketTrace? _trace;
    private readonly CancellationTokenSource _end = new();

    /// <summary>Begins to listen.</summary>
    /// <param name="server">The server.</param>
    /// <param name="plan">The faults.</param>
    /// <param name="client">What the client is called in the trace.</param>
    /// <param name="trace">Gets the packets that pass; null for none.</param>
    public FaultProxy(IPEndPoint server, FaultPlan plan, string client, PacketTrace? trace)
    {
        _server = server;
        _plan = plan;
        _client = client;
        _trace = trace;
        _listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _ = AcceptAsync();
    }

    public Uri Uri => new($"mqtt://{_listener.LocalEndPoint}");

    /// <summary>How many connections there were.</summary>
    public int Connections { get; private set; }

    public void Dispose()
    {
        _end.Cancel();
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = RunAsync(await _listener.AcceptAsync(_end.Token), Connections++);
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // disposed
        }
    }

    private async Task RunAsync(Socket client, int number)
    {
        var (toServer, toClient, reset) = _plan.Of(number);
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
        client.NoDelay = true;
        try
        {
            await server.ConnectAsync(_server, ended.Token);
            await await Task.WhenAny(
                PassAsync(client, server, toServer, _trace?.Direction(_client, number, toServer: true), ended.Token),
                PassAsync(server, client, toClient, _trace?.Direction(_client, number, toServer: false), ended.Token));
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // the connection has ended
        }
        await ended.CancelAsync();
        _trace?.Ended(_client, number);
        server.LingerState = new LingerOption(true, 0); // a reset: leaves nothing in TIME_WAIT
        if (reset)
            client.LingerState = new LingerOption(true, 0);
        client.Dispose();
    }

    /// <summary>Completes when the direction has ended.</summary>
    private static async Task PassAsync(Socket from, Socket to, DirectionFaults faults, Action<ReadOnlySpan<byte>>? trace, CancellationToken end)
    {
        var buffer = new byte[4096];
        var passed = 0;
        while (true)
        {
            // A stalled direction notices that its sender has gone; so does a network when the sender's reset passes.
            var count = await from.ReceiveAsync(buffer, end);
            if (count == 0)
            {
                if (to.Connected)
                    to.Shutdown(SocketShutdown.Send); // what was sent arrives before the end
                return;
            }
            for (var at = 0; at < count;)
            {
                var piece = Math.Min(count - at, faults.Pieces == 0 ? count : faults.Pieces);
                if (passed < faults.StallAt && passed + piece >= faults.StallAt)
                    piece = faults.StallAt - passed;
                piece = Math.Min(piece, faults.CutAt - passed);
                if (faults.Delay > TimeSpan.Zero)
                    await Task.Delay(faults.Delay, end);
                await to.SendAsync(buffer.AsMemory(at, piece), end);
                trace?.Invoke(buffer.AsSpan(at, piece));
                at += piece;
                passed += piece;
                if (passed >= faults.CutAt)
                    return;
                if (passed == faults.StallAt)
                    await StallAsync(from, faults.Stall, end);
            }
        }
    }

    private static async Task StallAsync(Socket from, TimeSpan stall, CancellationToken end)
    {
        if (stall != Timeout.InfiniteTimeSpan)
        {
            await Task.Delay(stall, end);
            return;
        }
        var forgotten = new byte[4096];
        while (await from.ReceiveAsync(forgotten, end) > 0)
        {
            // a black hole
        }
        throw new OperationCanceledException();
    }
}
