namespace Akka.Mqtt.Server.Telemetry;

/// <summary>Counts every dropped message by reason. Thread safe; called once per batch, not per message.</summary>
internal sealed class DropCounters
{
    private readonly long[] _counts = new long[Enum.GetValues<DropReason>().Length];

    public void Add(DropReason reason, int messages)
    {
        if (messages > 0)
            Interlocked.Add(ref _counts[(int)reason], messages);
    }

    public long Of(DropReason reason) => Interlocked.Read(ref _counts[(int)reason]);
}
