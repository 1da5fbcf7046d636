using Akka.Streams;
using Akka.Streams.Stage;

namespace Akka.Mqtt.Streams;

/// <summary>
/// Passes chunks of the transport into the framing of a connection. It queues chunks while downstream requests none; the connection stops
/// reading at <c>max-queued-read-bytes</c>.
/// </summary>
internal sealed class TransportSource : GraphStage<SourceShape<ReadOnlyMemory<byte>>>
{
    private readonly Outlet<ReadOnlyMemory<byte>> _out = new("TransportSource.out");

    public TransportSource() => Shape = new SourceShape<ReadOnlyMemory<byte>>(_out);

    public override SourceShape<ReadOnlyMemory<byte>> Shape { get; }

    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) =>
        new Logic(this, inheritedAttributes.GetAttribute<ConnectionFraming.Attribute>(null)!.Framing);

    internal sealed class Logic : OutGraphStageLogic
    {
        private readonly TransportSource _stage;
        private readonly ConnectionFraming _framing;
        private Queue<ReadOnlyMemory<byte>>? _queue;
        private bool _ended;

        public Logic(TransportSource stage, ConnectionFraming framing)
            : base(inCount: 0, outCount: 1) // as in HandlerSink
        {
            _stage = stage;
            _framing = framing;
            framing.Source = this;
            SetHandler(stage._out, this);
        }

        public override void PreStart() => _framing.Started(this);

        /// <summary>A callback with which another thread can run code in this stage.</summary>
        public Action<T> Callback<T>(Action<T> run) => GetAsyncCallback(run);

        public override void OnPull()
        {
            if (_queue is { Count: > 0 })
            {
                PushOn(_queue.Dequeue());
                return;
            }

            _queue = null; // an idle connection keeps no queue
            if (_ended)
                Complete(_stage._out);
        }

        public void Received(ReadOnlyMemory<byte> chunk)
        {
            if (_ended)
                return;
            if (IsAvailable(_stage._out))
                PushOn(chunk);
            else
                (_queue ??= new Queue<ReadOnlyMemory<byte>>(4)).Enqueue(chunk);
        }

        public void End()
        {
            _ended = true;
            if (_queue is not { Count: > 0 } && IsAvailable(_stage._out))
                Complete(_stage._out);
        }

        /// <summary>Ends the stages.</summary>
        public void Stop() => FailStage(new AbruptTerminationException(_framing.Connection));

        private void PushOn(ReadOnlyMemory<byte> chunk)
        {
            _framing.Taken(chunk.Length);
            Push(_stage._out, chunk);
        }
    }
}
