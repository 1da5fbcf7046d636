using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Akka.Mqtt.Protocol;

/// <summary>An immutable list with value equality, element by element. <see langword="default"/> is the empty list.</summary>
/// <typeparam name="T">The element type.</typeparam>
[CollectionBuilder(typeof(MqttList), nameof(MqttList.Create))]
public readonly struct MqttList<T> : IReadOnlyList<T>, IEquatable<MqttList<T>>
{
    private readonly T[]? _items;

    internal MqttList(T[] items) => _items = items;

    /// <summary>Number of elements.</summary>
    public int Count => _items?.Length ?? 0;

    /// <summary>Whether there are no elements.</summary>
    public bool IsEmpty => Count == 0;

    /// <summary>The elements, as a span.</summary>
    public ReadOnlySpan<T> Span => _items;

    /// <summary>The element at an index.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1.</param>
    /// <exception cref="IndexOutOfRangeException">The index is outside the list.</exception>
    public T this[int index] => Span[index];

    /// <summary>Whether both contain equal elements in the same order.</summary>
    /// <param name="left">One side.</param>
    /// <param name="right">The other side.</param>
    public static bool operator ==(MqttList<T> left, MqttList<T> right) => left.Equals(right);

    /// <summary>Whether the lists differ.</summary>
    /// <param name="left">One side.</param>
    /// <param name="right">The other side.</param>
    public static bool operator !=(MqttList<T> left, MqttList<T> right) => !left.Equals(right);

    /// <summary>Copies an array into a list. <see cref="MqttList.Wrap"/> does not.</summary>
    /// <param name="items">The elements; null is empty.</param>
    [SuppressMessage("Usage", "CA2225", Justification = "The alternate is MqttList.From.")]
    public static implicit operator MqttList<T>(T[]? items) => items is null ? default : new MqttList<T>([.. items]);

    /// <summary>Enumerates without boxing.</summary>
    /// <returns>The enumerator.</returns>
    public ReadOnlySpan<T>.Enumerator GetEnumerator() => Span.GetEnumerator();

    IEnumerator<T> IEnumerable<T>.GetEnumerator() => ((IEnumerable<T>)(_items ?? [])).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => (_items ?? []).GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(MqttList<T> other) => Span.SequenceEqual(other.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is MqttList<T> other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var item in Span)
            hash.Add(item);
        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public override string ToString() => $"[{string.Join(", ", (IEnumerable<T>)this)}]";
}

/// <summary>Creates an <see cref="MqttList{T}"/>; most code uses a collection expression instead: <c>Filters = ["a", "b/#"]</c>.</summary>
public static class MqttList
{
    /// <summary>Copies elements into a list.</summary>
    /// <typeparam name="T">The element type.</typeparam>
    /// <param name="items">The elements.</param>
    /// <returns>The list.</returns>
    public static MqttList<T> Create<T>(ReadOnlySpan<T> items) => items.IsEmpty ? default : new MqttList<T>(items.ToArray());

    /// <summary>Copies elements into a list.</summary>
    /// <typeparam name="T">The element type.</typeparam>
    /// <param name="items">The elements.</param>
    /// <returns>The list.</returns>
    public static MqttList<T> From<T>(IEnumerable<T> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        return new([.. items]);
    }

    /// <summary>Uses an array without copying it.</summary>
    /// <typeparam name="T">The element type.</typeparam>
    /// <param name="items">
    /// The elements; the array must not be changed afterwards, because that would change what was sent or stored.
    /// </param>
    /// <returns>A list of the same array.</returns>
    public static MqttList<T> Wrap<T>(T[] items)
    {
        ArgumentNullException.ThrowIfNull(items);
        return new(items);
    }
}
