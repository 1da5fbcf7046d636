using Akka.Streams;
using Akka.Streams.Stage;

namespace Akka.Mqtt.Streams;

/// <summary>
/// Where chunks of the transport enter a framing island. Holds what comes while nothing downstream asks, up to <c>max-queued-read-bytes</c>;
/// then reading is suspended.
/// </summary>
internal sealed class TransportSource : GraphStage<SourceShape<ReadOnlyMemory<byte>>>
{
    private readonly Outlet<ReadOnlyMemory<byte>> _out = new("TransportSource.out");

    public TransportSource() => Shape = new SourceShape<ReadOnlyMemory<byte>>(_out);

    public override SourceShape<ReadOnlyMemory<byte>> Shape { get; }

    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) =>
        new Logic(this, inheritedAttributes.GetAttribute<FramingIsland.Attribute>(null)!.Island);

    internal sealed class Logic : OutGraphStageLogic
    {
        private readonly TransportSource _stage;
        private readonly FramingIsland _island;
        private Queue<ReadOnlyMemory<byte>>? _queue;
        private bool _suspended;
        private bool _ended;

        public Logic(TransportSource stage, FramingIsland island)
            : base(inCount: 0, outCount: 1) // as in HandlerSink
        {
            _stage = stage;
            _island = island;
            island.Source = this;
            SetHandler(stage._out, this);
        }

        public int QueuedBytes { get; private set; }

        public override void OnPull()
        {
            if (_queue is { Count: > 0 })
            {
                var chunk = _queue.Dequeue();
                QueuedBytes -= chunk.Length;
                if (_suspended && QueuedBytes <= _island.Settings.MaxQueuedReadBytes / 2)
                {
                    _suspended = false;
                    _island.Owner.ResumeReading();
                }

                Push(_stage._out, chunk);
                return;
            }

            _queue = null; // an idle connection owns nothing
            if (_ended)
                Complete(_stage._out);
        }

        public void Received(ReadOnlyMemory<byte> chunk)
        {
            if (chunk.IsEmpty || _ended)
                return;
            if (IsAvailable(_stage._out))
            {
                Push(_stage._out, chunk);
                return;
            }

            (_queue ??= new Queue<ReadOnlyMemory<byte>>(4)).Enqueue(chunk);
            QueuedBytes += chunk.Length;
            if (_suspended || QueuedBytes < _island.Settings.MaxQueuedReadBytes)
                return;
            _suspended = true;
            _island.Owner.SuspendReading();
        }

        public void End()
        {
            _ended = true;
            if (QueuedBytes == 0 && IsAvailable(_stage._out))
                Complete(_stage._out);
        }
    }
}
