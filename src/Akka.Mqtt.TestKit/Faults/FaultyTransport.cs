using Akka.Mqtt.TestKit.Faults;

namespace Akka.Mqtt.TestKit;

/// <summary>
/// A connection with faults by plan. Between <see cref="Stream"/> and a real stream it splits, delays, stalls, cuts and resets. The pieces
/// of the plan arrive as separate reads at <see cref="Stream"/> and at an <see cref="InMemoryLink"/>; a TCP stack may join them again. In
/// front of a TCP end point use <see cref="FaultyRelay"/>. Thread safe.
/// </summary>
public sealed class FaultyTransport : IAsyncDisposable, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly DuplexStream _near;
    private readonly DuplexStream _far;
    private readonly FaultPump _outbound;
    private readonly FaultPump _inbound;
    private readonly Task _running;
    private int _ended;
    private int _disposed;

    private FaultyTransport(DuplexStream near, DuplexStream far, DuplexStream user, FaultPlan plan, TimeProvider time)
    {
        (_near, _far, Stream, Plan) = (near, far, user, plan);
        _outbound = new FaultPump(near, far, plan.Outbound, plan.Seed, time);
        _inbound = new FaultPump(far, near, plan.Inbound, plan.Seed ^ 0x7FFF, time);
        _running = Task.WhenAll(RunAsync(_outbound, _far), RunAsync(_inbound, _near));
    }

    /// <summary>The stream to use instead of the wrapped one.</summary>
    public DuplexStream Stream { get; }

    /// <summary>The plan.</summary>
    public FaultPlan Plan { get; }

    /// <summary>Completes when both directions have ended.</summary>
    public Task Completion => _running;

    /// <summary>Adds faults to a stream.</summary>
    /// <param name="inner">The stream; this transport owns it from now on.</param>
    /// <param name="plan">The faults.</param>
    /// <param name="timeProvider">The clock of the delays; null for the system's.</param>
    /// <returns>The transport: use its <see cref="Stream"/>.</returns>
    public static FaultyTransport Wrap(Stream inner, FaultPlan plan, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(plan);
        var link = new InMemoryLink();
        return new FaultyTransport(link.B, DuplexStream.Of(inner), link.A, plan, timeProvider ?? TimeProvider.System);
    }

    /// <summary>Connects two open streams. The directions of the plan are those of <paramref name="user"/>.</summary>
    internal static FaultyTransport Join(DuplexStream user, DuplexStream target, FaultPlan plan, TimeProvider time) =>
        new(user, target, user, plan, time);

    /// <summary>Bytes that have been forwarded.</summary>
    /// <param name="direction">The direction.</param>
    /// <returns>The number of bytes.</returns>
    public long Forwarded(FaultDirection direction) => Pump(direction).Forwarded;

    /// <summary>Stops forwarding in a direction until <see cref="Release"/>; the other side fills its buffers and then waits.</summary>
    /// <param name="direction">The direction.</param>
    public void Stall(FaultDirection direction) => Pump(direction).Stall();

    /// <summary>Continues a stalled direction; nothing is lost.</summary>
    /// <param name="direction">The direction.</param>
    public void Release(FaultDirection direction) => Pump(direction).Release();

    /// <summary>Ends the connection now, independent of the plan.</summary>
    /// <param name="end">How to end it; <see cref="FaultEnd.HalfClose"/> and <see cref="FaultEnd.Stall"/> need the direction.</param>
    /// <param name="direction">The direction, for the ends that need one. Default: outbound.</param>
    public void Cut(FaultEnd end, FaultDirection direction = FaultDirection.Outbound)
    {
        if (end == FaultEnd.Stall)
            Stall(direction);
        else
            Apply(end, direction == FaultDirection.Outbound ? _far : _near);
    }

    /// <summary>Closes both sides and waits until everything has stopped.</summary>
    /// <returns>Completes when everything has stopped.</returns>
    public async ValueTask DisposeAsync()
    {
        Dispose();
        await _running.ConfigureAwait(false);
    }

    /// <summary>Closes both sides.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        _stop.Cancel();
        _near.Dispose();
        _far.Dispose();
        Stream.Dispose();
        _stop.Dispose();
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Plan}; forwarded {Forwarded(FaultDirection.Outbound)} bytes outbound, {Forwarded(FaultDirection.Inbound)} inbound";

    private FaultPump Pump(FaultDirection direction) => direction == FaultDirection.Outbound ? _outbound : _inbound;

    private async Task RunAsync(FaultPump pump, DuplexStream target)
    {
        var token = _stop.Token;
        await Task.Yield();
        var end = await pump.RunAsync(token).ConfigureAwait(false);
        if (!token.IsCancellationRequested)
            Apply(end, target);
    }

    private void Apply(FaultEnd end, DuplexStream target)
    {
        // The first end of both directions counts: what the other loop then observes is not its own fault.
        if (end != FaultEnd.HalfClose && Interlocked.Exchange(ref _ended, 1) != 0)
            return;
        try
        {
            switch (end)
            {
                case FaultEnd.HalfClose:
                    target.CompleteWrites();
                    break;
                case FaultEnd.Reset:
                    _near.Abort();
                    _far.Abort();
                    break;
                default:
                    _near.Dispose();
                    _far.Dispose();
                    break;
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or System.Net.Sockets.SocketException or NotSupportedException)
        {
            // The side has already closed, or cannot be half-closed: close it.
            target.Dispose();
        }
    }
}
