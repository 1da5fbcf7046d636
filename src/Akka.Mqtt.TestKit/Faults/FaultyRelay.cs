using System.Net;
using System.Net.Sockets;
using Akka.Mqtt.TestKit.Links;

namespace Akka.Mqtt.TestKit;

/// <summary>
/// A TCP relay with a port of its own in front of a real end point. Each client that connects gets a <see cref="FaultyTransport"/>. The
/// n-th connection, from 0, uses the plan with its seed plus n. Thread safe.
/// </summary>
public sealed class FaultyRelay : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly List<FaultyTransport> _connections = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Socket _listener;
    private readonly EndPoint _target;
    private readonly TimeProvider _time;
    private readonly Task _accepting;

    private FaultyRelay(Socket listener, EndPoint target, FaultPlan plan, TimeProvider time)
    {
        (_listener, _target, Plan, _time) = (listener, target, plan, time);
        EndPoint = (IPEndPoint)listener.LocalEndPoint!;
        _accepting = AcceptAsync();
    }

    /// <summary>The address to which clients connect, with the port that the operating system chose.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>The plan of future connections; may be replaced at any time.</summary>
    public FaultPlan Plan { get; set; }

    /// <summary>The connections so far, in the order of their arrival.</summary>
    public IReadOnlyList<FaultyTransport> Connections
    {
        get
        {
            lock (_lock)
                return [.. _connections];
        }
    }

    /// <summary>Starts a relay.</summary>
    /// <param name="target">The real end point.</param>
    /// <param name="plan">The faults of each connection.</param>
    /// <param name="timeProvider">The clock of the delays; null for the system's.</param>
    /// <returns>The relay, which accepts clients on a loopback port that the operating system chose.</returns>
    public static FaultyRelay Start(EndPoint target, FaultPlan plan, TimeProvider? timeProvider = null) =>
        Start(target, plan, new IPEndPoint(IPAddress.Loopback, 0), timeProvider);

    /// <summary>Starts a relay on a given address.</summary>
    /// <param name="target">The real end point.</param>
    /// <param name="plan">The faults of each connection.</param>
    /// <param name="listenOn">The address to which clients connect; with port 0 the operating system chooses.</param>
    /// <param name="timeProvider">The clock of the delays; null for the system's.</param>
    /// <returns>The relay, which accepts clients.</returns>
    public static FaultyRelay Start(EndPoint target, FaultPlan plan, IPEndPoint listenOn, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(listenOn);
        return new FaultyRelay(Sockets.Listen(listenOn), target, plan, timeProvider ?? TimeProvider.System);
    }

    /// <summary>Ends all connections now.</summary>
    /// <param name="end">How to end them.</param>
    /// <param name="direction">The direction, for the ends that need one. Default: outbound.</param>
    public void Cut(FaultEnd end, FaultDirection direction = FaultDirection.Outbound)
    {
        foreach (var connection in Connections)
            connection.Cut(end, direction);
    }

    /// <summary>Stops accepting, closes all connections and waits until everything has stopped.</summary>
    /// <returns>Completes when everything has stopped.</returns>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
        foreach (var connection in Connections)
            await connection.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    /// <inheritdoc/>
    public override string ToString() => $"{EndPoint} to {_target}, {Plan}";

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptAsync(_stop.Token).ConfigureAwait(false);
                client.NoDelay = true;
                await JoinAsync(client).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The relay was disposed.
        }
    }

    private async Task JoinAsync(Socket client)
    {
        var near = DuplexStream.Of(new NetworkStream(client, ownsSocket: true));
        try
        {
            var far = DuplexStream.Of(await Sockets.ConnectAsync(_target, _stop.Token).ConfigureAwait(false));
            lock (_lock)
            {
                var plan = Plan with { Seed = Plan.Seed + _connections.Count };
                _connections.Add(FaultyTransport.Join(near, far, plan, _time));
            }
        }
        catch (SocketException)
        {
            // The target refused, so the relay resets the connection.
            near.Abort();
        }
        catch (OperationCanceledException)
        {
            near.Dispose();
        }
    }
}
