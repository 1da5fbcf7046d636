using System.Numerics;

namespace Akka.Mqtt.Server.Routing;

/// <summary>
/// Many subscribers of one filter, found by identity; immutable once it is published. Like <see cref="LevelMap{T}"/> it is a tree with 32
/// branches by hash. A change copies one branch array for each level of the tree; a subscriber takes about 30 bytes of it.
/// </summary>
internal sealed class SubscriberTree
{
    public static readonly SubscriberTree Empty = new(0, []);

    private const int Bits = 5;
    private const int HashLength = 32; // when all bits are used, subscribers with the same hash are stored as a list

    private uint _branches; // bit mask of the branches that have a slot
    private object[] _slots; // subscribers, and trees of subscribers whose hashes have the same leading bits

    private SubscriberTree(uint branches, object[] slots)
    {
        _branches = branches;
        _slots = slots;
    }

    /// <summary>Finds a subscriber by identity; null for none.</summary>
    public Subscriber? Find(SubscriberId id)
    {
        var hash = id.Hash;
        var tree = this;
        for (var used = 0; used < HashLength; used += Bits)
        {
            var branch = BranchOf(hash, used);
            if ((tree._branches & branch) == 0)
                return null;
            var slot = tree._slots[tree.SlotOf(branch)];
            if (slot is not SubscriberTree deeper)
                return slot is Subscriber one && one.Id == id ? one : null;
            tree = deeper;
        }
        return tree.InRow(id) is var at and >= 0 ? (Subscriber)tree._slots[at] : null;
    }

    /// <summary>Adds a subscriber, which replaces that of the same session, and returns the tree.</summary>
    /// <param name="subscriber">The subscriber.</param>
    /// <param name="inPlace">Whether the tree is not shared yet, so that it may be changed in place.</param>
    public SubscriberTree With(Subscriber subscriber, bool inPlace = false)
    {
        var id = subscriber.Id;
        return With(subscriber, id, id.Hash, 0, inPlace && _slots.Length > 0);
    }

    /// <summary>Removes a subscriber and returns the tree; the same tree when it does not contain the subscriber.</summary>
    public SubscriberTree Without(SubscriberId id) => Without(id, id.Hash, 0);

    /// <summary>
    /// Whether one of them belongs to this process. Stops at the first one, so it checks few more than the number of nodes.
    /// </summary>
    public bool HasLocal
    {
        get
        {
            foreach (var slot in _slots)
            {
                if (slot is SubscriberTree deeper ? deeper.HasLocal : !((Subscriber)slot).IsNode)
                    return true;
            }
            return false;
        }
    }

    /// <summary>Adds all subscribers to a list.</summary>
    public void AddTo(List<Subscriber> all)
    {
        foreach (var slot in _slots)
        {
            if (slot is SubscriberTree deeper)
                deeper.AddTo(all);
            else
                all.Add((Subscriber)slot);
        }
    }

    private static uint BranchOf(int hash, int used) => 1u << ((hash >>> used) & 31);

    private int SlotOf(uint branch) => BitOperations.PopCount(_branches & (branch - 1));

    private int InRow(SubscriberId id) => Array.FindIndex(_slots, each => ((Subscriber)each).Id == id);

    private SubscriberTree With(Subscriber subscriber, SubscriberId id, int hash, int used, bool inPlace)
    {
        if (used >= HashLength)
            return InRow(id) is var row and >= 0 ? Replaced(row, subscriber, inPlace) : Made(0, [.. _slots, subscriber], inPlace);
        var branch = BranchOf(hash, used);
        var at = SlotOf(branch);
        if ((_branches & branch) == 0)
            return Made(_branches | branch, [.. _slots.AsSpan(0, at), subscriber, .. _slots.AsSpan(at)], inPlace);
        if (_slots[at] is SubscriberTree deeper)
            return Replaced(at, deeper.With(subscriber, id, hash, used + Bits, inPlace), inPlace);
        var there = (Subscriber)_slots[at];
        var thereId = there.Id;
        return Replaced(at, thereId == id ? subscriber : Pair(there, thereId.Hash, subscriber, hash, used + Bits), inPlace);
    }

    private static SubscriberTree Pair(Subscriber one, int hash, Subscriber other, int otherHash, int used)
    {
        if (used >= HashLength)
            return new SubscriberTree(0, [one, other]);
        var (branch, otherBranch) = (BranchOf(hash, used), BranchOf(otherHash, used));
        if (branch == otherBranch)
            return new SubscriberTree(branch, [Pair(one, hash, other, otherHash, used + Bits)]);
        return new SubscriberTree(branch | otherBranch, branch < otherBranch ? [one, other] : [other, one]);
    }

    private SubscriberTree Without(SubscriberId id, int hash, int used)
    {
        if (used >= HashLength)
            return InRow(id) is var row and >= 0 ? Without(row, 0) : this;
        var branch = BranchOf(hash, used);
        if ((_branches & branch) == 0)
            return this;
        var at = SlotOf(branch);
        if (_slots[at] is not SubscriberTree deeper)
            return ((Subscriber)_slots[at]).Id == id ? Without(at, branch) : this;
        var fewer = deeper.Without(id, hash, used + Bits);
        if (ReferenceEquals(fewer, deeper))
            return this;
        return Replaced(at, fewer._slots.Length == 1 && fewer._slots[0] is Subscriber only ? only : fewer, inPlace: false);
    }

    private SubscriberTree Without(int at, uint branch) =>
        _slots.Length == 1 ? Empty : new SubscriberTree(_branches & ~branch, [.. _slots.AsSpan(0, at), .. _slots.AsSpan(at + 1)]);

    private SubscriberTree Made(uint branches, object[] slots, bool inPlace)
    {
        if (!inPlace)
            return new SubscriberTree(branches, slots);
        (_branches, _slots) = (branches, slots);
        return this;
    }

    private SubscriberTree Replaced(int at, object slot, bool inPlace)
    {
        if (inPlace)
        {
            _slots[at] = slot;
            return this;
        }
        var slots = (object[])_slots.Clone();
        slots[at] = slot;
        return new SubscriberTree(_branches, slots);
    }
}
