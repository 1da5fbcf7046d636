using Akka.Actor;

namespace Akka.Mqtt.ManagedClient;

/// <summary>
/// Measures how far the handler is behind. Every actor answers <see cref="Identify"/> in the order of its mailbox, so the answer means that all earlier
/// messages were handled (ADR 3).
/// </summary>
internal sealed class HandlerLag
{
    private readonly int _maximum;
    private long _delivered;
    private long _handled;
    private long _asked;

    /// <summary>Makes one.</summary>
    /// <param name="maximum">Bytes that the handler may be behind.</param>
    public HandlerLag(int maximum) => _maximum = maximum;

    /// <summary>Whether the handler is too far behind.</summary>
    public bool IsBehind { get; private set; }

    /// <summary>Messages were sent to the handler.</summary>
    /// <param name="bytes">Their bytes.</param>
    /// <param name="handler">The handler.</param>
    /// <param name="self">The actor that receives the answer.</param>
    public void Delivered(int bytes, IActorRef handler, IActorRef self)
    {
        _delivered += bytes;
        IsBehind |= _delivered - _handled > _maximum;
        Ask(handler, self);
    }

    /// <summary>The handler answered.</summary>
    /// <param name="mark">The mark of the question.</param>
    /// <param name="handler">The handler.</param>
    /// <param name="self">The actor that receives the next answer.</param>
    public void Handled(long mark, IActorRef handler, IActorRef self)
    {
        _handled = mark;
        if (_delivered - _handled <= _maximum / 2)
            IsBehind = false;
        Ask(handler, self);
    }

    private void Ask(IActorRef handler, IActorRef self)
    {
        if (_asked > _handled || _delivered - _handled < _maximum / 2)
            return;
        _asked = _delivered;
        handler.Tell(new Identify(_asked), self);
    }
}
