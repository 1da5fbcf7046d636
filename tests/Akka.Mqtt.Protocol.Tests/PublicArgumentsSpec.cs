using System.Globalization;
using System.Reflection;

namespace Akka.Mqtt.Protocol.Tests;

/// <summary>What every public member does with null, and every public enum with its names.</summary>
public sealed class PublicArgumentsSpec
{
    private static readonly NullabilityInfoContext Nullability = new();

    private static readonly Type[] Public = [.. typeof(MqttPacket).Assembly.GetExportedTypes()];

    public static TheoryData<string> Members
    {
        get
        {
            var data = new TheoryData<string>();
            foreach (var (method, parameter) in Parameters())
                data.Add(Name(method, parameter));
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Members))]
    public void Null_is_refused_with_the_name_of_the_argument(string member)
    {
        var (method, parameter) = Parameters().First(each => Name(each.Method, each.Parameter) == member);
        var arguments = method.GetParameters().Select(each => each.Position == parameter.Position ? null : Some(each.ParameterType)).ToArray();
        var thrown = Assert.Throws<TargetInvocationException>(() =>
            method is ConstructorInfo constructor ? constructor.Invoke(arguments) : Closed((MethodInfo)method).Invoke(Target(method), arguments));
        var problem = Assert.IsType<ArgumentNullException>(thrown.InnerException);
        Assert.Equal(parameter.Name, problem.ParamName);
    }

    [Fact]
    public void Null_is_refused_by_what_writes_to_a_span()
    {
        Assert.Equal("packet", Assert.Throws<ArgumentNullException>(() => MqttEncoder.Write(null!, MqttVersion.V5, new byte[8])).ParamName);
        Assert.Equal("packet", Assert.Throws<ArgumentNullException>(() => MqttEncoder.WriteHead(null!, MqttVersion.V5, new byte[8])).ParamName);
    }

    [Fact]
    public void No_enum_has_two_names_for_a_value()
    {
        foreach (var type in Public.Where(type => type.IsEnum))
            Assert.Equal(Enum.GetNames(type).Length, Enum.GetValuesAsUnderlyingType(type).Cast<object>().Distinct().Count());
        Assert.Equal("Success", ReasonCode.Success.ToString());
        Assert.Equal("GrantedQoS0", ReasonCode.Success.NameIn(MqttPacketType.SubAck));
        Assert.Equal("NormalDisconnection", ReasonCode.Success.NameIn(MqttPacketType.Disconnect));
        Assert.Equal("Success", ReasonCode.Success.NameIn(MqttPacketType.PubAck));
    }

    [Fact]
    public void Texts_do_not_depend_on_the_culture()
    {
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        culture.NumberFormat.NegativeSign = "minus ";
        culture.NumberFormat.NumberDecimalSeparator = ",";
        var before = CultureInfo.CurrentCulture;
        try
        {
            foreach (var text in (Func<string>[])[() => new FixedHeader(0x30, 5_000_000).ToString(), () => MqttBinary.FromText("hello").ToString(), () => new Connect().ToString()])
            {
                CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
                var expected = text();
                CultureInfo.CurrentCulture = culture;
                Assert.Equal(expected, text());
            }
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    // What an initializer or "with" makes null is found when the packet is encoded: PacketProblem.TextMissing.
    private static IEnumerable<(MethodBase Method, ParameterInfo Parameter)> Parameters() =>
        from type in Public
        where !type.IsEnum && !typeof(Delegate).IsAssignableFrom(type)
        from method in type.GetMembers(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly).OfType<MethodBase>()
        where !method.Name.StartsWith("set_", StringComparison.Ordinal) && method.Name is not ("Equals" or "op_Equality" or "op_Inequality" or "Deconstruct")
        where method is not MethodInfo { Name: nameof(MqttEncoder.Write) or nameof(MqttEncoder.WriteHead) } // spans cannot be passed by reflection
        from parameter in method.GetParameters()
        where !parameter.ParameterType.IsValueType && !parameter.IsOut && !parameter.ParameterType.IsByRef
        where Nullability.Create(parameter).ReadState != NullabilityState.Nullable
        select (method, parameter);

    private static string Name(MethodBase method, ParameterInfo parameter) =>
        $"{method.DeclaringType!.Name}.{method.Name}({string.Join(", ", method.GetParameters().Select(each => each.ParameterType.Name))}): {parameter.Name}";

    private static MethodInfo Closed(MethodInfo method) => method.IsGenericMethodDefinition ? method.MakeGenericMethod(typeof(string)) : method;

    private static object? Target(MethodBase method) => method.IsStatic ? null : Some(method.DeclaringType!);

    private static object? Some(Type type) => type switch
    {
        _ when type == typeof(string) => "text",
        _ when type == typeof(MqttPacket) => new PingReq(),
        _ when type == typeof(MqttDecoder) => new MqttDecoder(),
        _ when type == typeof(MqttFrameDecoder) => new MqttFrameDecoder(new MqttDecoder()),
        _ when type == typeof(List<MqttPacket>) => new List<MqttPacket>(),
        _ when type == typeof(ConnectionRules) => new ConnectionRules(MqttRole.Server),
        _ when type.IsValueType => Activator.CreateInstance(type),
        _ => null,
    };
}
