namespace Akka.Mqtt.Server;

/// <summary>The members of a shared subscription (section 4.8.2): each message goes to one of them.</summary>
internal sealed class SharedGroup
{
    private readonly Turn _turn;

    public SharedGroup(string name)
        : this(name, SubscriberSet.Empty, new Turn())
    {
    }

    private SharedGroup(string name, SubscriberSet members, Turn turn)
    {
        Name = name;
        Members = members;
        _turn = turn;
    }

    public string Name { get; }

    public SubscriberSet Members { get; }

    public SharedGroup With(SubscriberSet members) => new(Name, members, _turn);

    /// <summary>
    /// The member whose turn it is: connected ones in turn; if none is connected, the others in turn. Publishers that race may skip or
    /// repeat a member: the turn is a matter of load, not of correctness, and an interlocked operation per message would cost more.
    /// </summary>
    public Subscriber Next()
    {
        var members = Members.All;
        var start = (int)((uint)_turn.Value++ % (uint)members.Length);
        for (var at = 0; at < members.Length; at++)
        {
            var member = members[(start + at) % members.Length];
            if (member.Target.IsConnected)
                return member;
        }
        return members[start];
    }

    private sealed class Turn
    {
        public int Value { get; set; }
    }
}
