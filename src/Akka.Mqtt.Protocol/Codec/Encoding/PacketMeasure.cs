using Akka.Mqtt.Protocol.Text;

namespace Akka.Mqtt.Protocol.Codec;

/// <summary>
/// Sums the Remaining Length of a packet and checks its fields; the first error is kept. The size is a long, so that no packet can
/// overflow it. Lives on the stack of one measurement.
/// </summary>
internal struct PacketMeasure(MqttVersion version, MqttRole? sender)
{
    public long Size { get; private set; }

    public ReasonCode Code { get; private set; }

    public string? Problem { get; private set; }

    public readonly MqttVersion Version => version;

    public readonly MqttRole? Sender => sender;

    public readonly bool IsV5 => version == MqttVersion.V5;

    public void Fail(ReasonCode code, string problem)
    {
        if (Problem is not null)
            return;
        Code = code;
        Problem = problem;
    }

    public void ProtocolError(string problem) => Fail(ReasonCode.ProtocolError, problem);

    public void Require(bool condition, string problem)
    {
        if (!condition)
            ProtocolError(problem);
    }

    public void Add(long bytes) => Size += bytes;

    public void PacketId(ushort id)
    {
        Require(id != 0, PacketProblem.PacketIdZero); // 5.0 [MQTT-2.2.1-3], [MQTT-2.2.1-4]; 3.1.1 [MQTT-2.3.1-1]
        Add(2);
    }

    public void QoS(QualityOfService qos) => Require(qos <= QualityOfService.ExactlyOnce, PacketProblem.QoS3); // [MQTT-3.3.1-4]

    public void Dup(bool dup) => Require(!dup || version == MqttVersion.V31, PacketProblem.DupAfterV31);

    public void Properties(object? properties) => Require(properties is null || IsV5, PacketProblem.PropertiesBeforeV5);

    /// <summary>Two bytes of length and a string without surrogates and U+0000: 5.0 [MQTT-1.5.4-1], [MQTT-1.5.4-2]; 3.1.1 [MQTT-1.5.3-1], [-2].</summary>
    public void String(string? text)
    {
        if (text is null)
        {
            ProtocolError(PacketProblem.TextMissing);
            return;
        }

        var bytes = Utf8Rules.Measure(text);
        if (bytes < 0)
            Fail(ReasonCode.MalformedPacket, PacketProblem.IllFormedText);
        else if (bytes > Utf8Rules.MaxBytes)
            Fail(ReasonCode.MalformedPacket, PacketProblem.TextTooLong);
        Add(2 + Math.Max(0, bytes));
    }

    /// <summary>A topic name [MQTT-3.3.2-2], [MQTT-4.7.3-1].</summary>
    public void Topic(string? topic, string problem)
    {
        if (TopicName.IsPlain(topic))
        {
            Add(2 + topic!.Length);
            return;
        }

        String(topic);
        if (string.IsNullOrEmpty(topic) || TopicName.HasWildcard(topic))
            Fail(ReasonCode.TopicNameInvalid, problem);
    }

    /// <summary>A topic filter: the rules of <see cref="UnsubscribeDecoding.ReadFilter"/>.</summary>
    public void Filter(string? filter)
    {
        if (TopicFilter.IsPlain(filter) && filter![0] != '$') // a filter that starts with a dollar sign may be a shared subscription
        {
            Add(2 + filter.Length);
            return;
        }

        String(filter);
        if (string.IsNullOrEmpty(filter) || !TopicFilter.HasValidShape(filter))
            Fail(ReasonCode.TopicFilterInvalid, PacketProblem.Filter);
        else if (IsV5 && SharedFilter.IsShared(filter) && !SharedFilter.IsValid(filter))
            Fail(ReasonCode.TopicFilterInvalid, PacketProblem.SharedFilter);
    }

    public void Binary(MqttBinary bytes)
    {
        if (bytes.Length > ushort.MaxValue)
            Fail(ReasonCode.MalformedPacket, PacketProblem.BinaryTooLong);
        Add(2 + bytes.Length);
    }

    /// <summary>Counts the Property Length, and an empty set as one byte [MQTT-2.2.2-1].</summary>
    /// <param name="start"><see cref="Size"/> before the properties.</param>
    public void EndProperties(long start) => Add(VariableByteInteger.Size((uint)Math.Min(Size - start, VariableByteInteger.MaxValue)));

    public void Property(bool? value) => Add(value.HasValue ? 2 : 0);

    public void Property(ushort? value) => Add(value.HasValue ? 3 : 0);

    public void Property(uint? value) => Add(value.HasValue ? 5 : 0);

    public void NonZero(ushort? value)
    {
        Require(value != 0, PacketProblem.PropertyZero);
        Property(value);
    }

    public void NonZero(uint? value)
    {
        Require(value != 0, PacketProblem.PropertyZero);
        Property(value);
    }

    public void Property(string? value)
    {
        if (value is null)
            return;
        Add(1);
        String(value);
    }

    public void Property(MqttBinary? value)
    {
        if (value is not { } bytes)
            return;
        Add(1);
        Binary(bytes);
    }

    public void SubscriptionIdentifier(uint value)
    {
        Require(value is > 0 and <= VariableByteInteger.MaxValue, PacketProblem.PropertyRange); // U-3.8.2.1.2-1, U-3.3.2.3.8-1
        Add(1 + VariableByteInteger.Size(value));
    }

    public void UserProperties(MqttList<UserProperty> properties)
    {
        foreach (var (name, value) in properties)
        {
            Add(1);
            String(name);
            String(value);
        }
    }

    public void Authentication(string? method, MqttBinary? data)
    {
        Require(method is not null || data is null, PacketProblem.AuthenticationMethod); // U-3.1.2.11.10-1
        Property(method);
        Property(data);
    }
}
