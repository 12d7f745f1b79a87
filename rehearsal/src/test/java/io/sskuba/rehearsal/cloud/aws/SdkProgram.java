package io.sskuba.rehearsal.cloud.aws;

import com.pulumi.Context;
import com.pulumi.core.Output;
import com.pulumi.core.annotations.Export;
import com.pulumi.core.annotations.Import;
import com.pulumi.resources.CustomResource;
import com.pulumi.resources.CustomResourceOptions;
import com.pulumi.resources.Resource;
import com.pulumi.resources.ResourceArgs;
import io.sskuba.infra.InfraPlan;
import java.lang.classfile.Annotation;
import java.lang.classfile.AnnotationElement;
import java.lang.classfile.ClassFile;
import java.lang.classfile.attribute.RuntimeVisibleAnnotationsAttribute;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A plan as a program of Pulumi's Java SDK: the same resources, registered by its own runner.
///
/// The SDK reads inputs from annotated fields, so every set of names gets a class made here.
final class SdkProgram implements Consumer<Context> {
  private final InfraPlan plan;
  private final Map<String, Class<?>> shapes = new LinkedHashMap<>();
  private final Map<String, Made> made = new LinkedHashMap<>();

  SdkProgram(InfraPlan plan) {
    this.plan = plan;
  }

  @Override
  public void accept(Context context) {
    for (InfraPlan.Resource resource : plan.resources()) {
      Resource[] after = resource.dependsOn().stream().map(made::get).toArray(Resource[]::new);
      made.put(
          resource.name(),
          new Made(
              resource.type(),
              resource.name(),
              arguments(resource.inputs()),
              CustomResourceOptions.builder().dependsOn(after).build()));
    }
    plan.outputs().forEach((name, value) -> export(context, name, value));
  }

  /// One output a value: the SDK's automation cannot read nested ones back.
  private void export(Context context, String name, @Nullable Object value) {
    if (value instanceof Map<?, ?> map) {
      map.forEach((key, item) -> export(context, name + "." + key, item));
    } else {
      context.export(name, resolved(value) instanceof Output<?> output ? output : Output.of(value));
    }
  }

  /// Any resource, with the outputs that plans refer to.
  static final class Made extends CustomResource {
    @Export(name = "arn", refs = String.class, tree = "[0]")
    private @Nullable Output<String> arn;

    @Export(name = "name", refs = String.class, tree = "[0]")
    private @Nullable Output<String> name;

    @Export(name = "dnsName", refs = String.class, tree = "[0]")
    private @Nullable Output<String> dnsName;

    @Export(name = "zoneId", refs = String.class, tree = "[0]")
    private @Nullable Output<String> zoneId;

    @Export(name = "privateIp", refs = String.class, tree = "[0]")
    private @Nullable Output<String> privateIp;

    @Export(name = "publicIp", refs = String.class, tree = "[0]")
    private @Nullable Output<String> publicIp;

    Made(String type, String name, ResourceArgs inputs, CustomResourceOptions options) {
      super(type, name, inputs, options);
    }

    Output<String> output(String property) {
      Output<String> known =
          switch (property) {
            case "id" -> id();
            case "arn" -> arn;
            case "name" -> name;
            case "dnsName" -> dnsName;
            case "zoneId" -> zoneId;
            case "privateIp" -> privateIp;
            case "publicIp" -> publicIp;
            default -> null;
          };
      if (known == null) {
        throw new IllegalArgumentException("the program knows no output " + property);
      }
      return known;
    }
  }

  private Object resolved(@Nullable Object value) {
    return switch (value) {
      case InfraPlan.Ref ref -> made(ref).output(ref.property());
      case InfraPlan.Concat concat ->
          Output.all(
                  concat.parts().stream()
                      .map(
                          part ->
                              part instanceof InfraPlan.Ref ref
                                  ? made(ref).output(ref.property())
                                  : Output.of(String.valueOf(part)))
                      .toList())
              .applyValue(parts -> String.join("", parts));
      case List<?> list -> {
        List<Object> out = new ArrayList<>();
        list.forEach(item -> out.add(resolved(item)));
        yield out;
      }
      case Map<?, ?> map -> {
        Map<String, Object> out = new LinkedHashMap<>();
        map.forEach((key, item) -> out.put(String.valueOf(key), resolved(item)));
        yield out;
      }
      case String text -> text;
      case Number number -> number;
      case Boolean yes -> yes;
      case null, default -> throw new IllegalArgumentException("no value for a program: " + value);
    };
  }

  private Made made(InfraPlan.Ref ref) {
    Made resource = made.get(ref.resource());
    if (resource == null) {
      throw new IllegalArgumentException("no resource " + ref.resource());
    }
    return resource;
  }

  private ResourceArgs arguments(Map<String, Object> inputs) {
    List<String> names = List.copyOf(new TreeSet<>(inputs.keySet()));
    try {
      Class<?> shape = shapes.get(String.join(" ", names));
      if (shape == null) {
        shape = shape(names);
        shapes.put(String.join(" ", names), shape);
      }
      Object arguments = shape.getDeclaredConstructor().newInstance();
      for (int i = 0; i < names.size(); i++) {
        Field field = shape.getField("f" + i);
        field.set(arguments, resolved(inputs.get(names.get(i))));
      }
      return (ResourceArgs) arguments;
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private Class<?> shape(List<String> names) throws IllegalAccessException {
    ClassDesc parent = ClassDesc.of(ResourceArgs.class.getName());
    ClassDesc marked = ClassDesc.of(Import.class.getName());
    byte[] bytes =
        ClassFile.of()
            .build(
                ClassDesc.of(SdkProgram.class.getPackageName(), "Arguments" + shapes.size()),
                shape -> {
                  shape.withFlags(ClassFile.ACC_PUBLIC).withSuperclass(parent);
                  shape.withMethodBody(
                      ConstantDescs.INIT_NAME,
                      ConstantDescs.MTD_void,
                      ClassFile.ACC_PUBLIC,
                      code ->
                          code.aload(0)
                              .invokespecial(
                                  parent, ConstantDescs.INIT_NAME, ConstantDescs.MTD_void)
                              .return_());
                  for (int i = 0; i < names.size(); i++) {
                    var named = AnnotationElement.ofString("name", names.get(i));
                    shape.withField(
                        "f" + i,
                        ConstantDescs.CD_Object,
                        field ->
                            field
                                .withFlags(ClassFile.ACC_PUBLIC)
                                .with(
                                    RuntimeVisibleAnnotationsAttribute.of(
                                        Annotation.of(marked, named))));
                  }
                });
    return MethodHandles.lookup().defineClass(bytes);
  }
}
