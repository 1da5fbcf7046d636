using System.Diagnostics;
using System.Net;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Soak;

/// <summary>A good client that must be served within a deadline, and an idle one that must not notice anything.</summary>
internal sealed class Witnesses : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(2);

    // On a machine that is busy with other things nothing is learnt from two seconds; a server that hangs is found all the same.
    private static readonly TimeSpan BusyDeadline = TimeSpan.FromSeconds(30);

    private readonly Client _good;
    private readonly Client _idle;
    private readonly string _topic;
    private readonly TimeSpan _deadline;
    private readonly List<double> _times = [];
    private ushort _id;

    private Witnesses(Client good, Client idle, string topic, bool isBusy)
    {
        _deadline = isBusy ? BusyDeadline : Deadline;
        _good = good;
        _idle = idle;
        _topic = topic;
    }

    public int Checks => _times.Count;

    /// <summary>Milliseconds of the slowest answer.</summary>
    public double Worst => _times.Count == 0 ? 0 : _times.Max();

    public static async Task<Witnesses> StartAsync(IPEndPoint address, bool isBusy)
    {
        var mark = Guid.NewGuid().ToString("N");
        var good = await Client.ConnectAsync(address, new Connect { ClientId = $"good-{mark}", KeepAlive = 0 });
        await good.SendAsync(new Subscribe(1, new Subscription($"good/{mark}", QualityOfService.AtLeastOnce)));
        await good.NextAsync(BusyDeadline);
        var idle = await Client.ConnectAsync(address, new Connect { ClientId = $"idle-{mark}", KeepAlive = 0 });
        await idle.SendAsync(new Subscribe(1, $"idle/{mark}"));
        await idle.NextAsync(BusyDeadline);
        return new Witnesses(good, idle, $"good/{mark}", isBusy);
    }

    /// <summary>Publishes to itself with QoS 1 and pings; null when all is well, else what is not.</summary>
    public async Task<string?> CheckAsync()
    {
        if (_idle.IsDisturbed)
            return "the idle client was disturbed";
        var started = Stopwatch.GetTimestamp();
        _id = (ushort)((_id % ushort.MaxValue) + 1);
        var payload = $"{_id}";
        try
        {
            await _good.SendAsync(new Publish(_topic, payload) { QoS = QualityOfService.AtLeastOnce, PacketId = _id });
            await _good.SendAsync(new PingReq());
            var (acknowledged, delivered, pinged) = (false, false, false);
            while (!acknowledged || !delivered || !pinged)
            {
                switch (await _good.NextAsync(_deadline))
                {
                    case PubAck ack when ack.PacketId == _id:
                        acknowledged = true;
                        break;
                    case Publish publish when publish.Payload.ToText() == payload:
                        delivered = true;
                        await _good.SendAsync(new PubAck(publish.PacketId));
                        break;
                    case PingResp:
                        pinged = true;
                        break;
                    case var other:
                        return $"the good client got {other?.ToString() ?? "a close"}";
                }
            }
        }
        catch (Exception error) when (error is OperationCanceledException or IOException or System.Net.Sockets.SocketException)
        {
            return $"the good client was not served within {_deadline}: {error.Message}";
        }
        _times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        return null;
    }

    public string Times()
    {
        var sorted = _times.Order().ToList();
        double At(double share) => sorted.Count == 0 ? 0 : sorted[(int)Math.Min(sorted.Count - 1, sorted.Count * share)];
        var late = sorted.Count(each => each > Deadline.TotalMilliseconds);
        return FormattableString.Invariant(
            $"good client served {sorted.Count} times: median {At(0.5):F2} ms, 99 % {At(0.99):F2} ms, worst {At(1):F1} ms, {late} later than {Deadline.TotalSeconds} s");
    }

    public void Dispose()
    {
        _good.Dispose();
        _idle.Dispose();
    }
}
